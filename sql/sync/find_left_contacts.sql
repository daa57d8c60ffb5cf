-- Contacts that left an address in the CRM since the last look at an audience. Contacts that had the same
-- address are here, too.
select distinct holder.contact_id
from sync.address_holder as moved
inner join sync.address_holder as holder on moved.address_digest = holder.address_digest
where
    moved.left_at >= coalesce(
        (
            select look.looked_at from sync.audience_look as look
            where look.list_id = %(list_id)s
        ),
        '-infinity'
    )
