-- Other known contacts that hold the same address. A mail to the address is a mail to them too. A person's own
-- contacts are gathered first: to look for them row by row would compare every row with every other.
insert into person_asked (key, contact_id, is_other)
select distinct
    person.key,
    holder.contact_id,
    true as is_other
from (
    select
        asked.key,
        coalesce(array_agg(asked.contact_id) filter (where asked.contact_id is not null), '{}') as own_ids,
        array_agg(asked.address_digest) filter (where asked.address_digest is not null) as digests
    from person_asked as asked
    group by asked.key
) as person
cross join unnest(person.digests) as held (address_digest)
inner join sync.address_holder as holder
    on held.address_digest = holder.address_digest and holder.left_at is null
where holder.contact_id <> all(person.own_ids)
