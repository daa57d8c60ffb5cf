-- Members at addresses that a contact has left in the CRM since the last look. Another contact may still have
-- the address. If somebody deleted such a member for good, only a request for that member shows it.
select distinct member.subscriber_hash
from sync.address_holder as moved
inner join sync.address_holder as holder on moved.address_digest = holder.address_digest
inner join sync.member as member
    on member.list_id = %(list_id)s and holder.contact_id = member.contact_id
left join sync.audience_look as look on member.list_id = look.list_id
where
    moved.left_at >= coalesce(look.looked_at, '-infinity')
    and member.cause is distinct from 'forgotten'
order by member.subscriber_hash
