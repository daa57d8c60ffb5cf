-- Other known contacts that hold the same address. A mail to the address is a mail to them too. The named
-- ones are taken away as a set, and not by a join. A session that looks rows up by their keys would compare
-- each row with each other (key_lookups.py).
insert into person_asked (key, contact_id, is_other)
select
    found.key,
    found.contact_id,
    true as is_other
from (
    select
        asked.key,
        holder.contact_id
    from person_asked as asked
    inner join sync.address_holder as holder
        on asked.address_digest = holder.address_digest and holder.left_at is null
    except
    select
        key,
        contact_id
    from person_asked
) as found
