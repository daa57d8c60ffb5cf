-- Other known contacts that hold the same address. A mail to the address is a mail to them too.
insert into person_asked (key, contact_id, is_other)
select distinct
    asked.key,
    holder.contact_id,
    true as is_other
from person_asked as asked
inner join sync.address_holder as holder
    on asked.address_digest = holder.address_digest and holder.left_at is null
where
    not exists (
        select from person_asked as same
        where same.key = asked.key and same.contact_id = holder.contact_id
    )
