-- A page of our members that a campaign would go to, in the order of their contacts.
select
    coalesce(member.contact_id, 0) as contact_id,
    member.subscriber_hash
from sync.member as member
where
    member.list_id = %(list_id)s
    and sync.may_be_mailed(member.status)
    and member.status <> 'pending'
    and member.cause is distinct from 'forgotten'
    and member.origin <> 'foreign'
    and (coalesce(member.contact_id, 0), member.subscriber_hash) > (%(after_contact)s, %(after_hash)s)
order by coalesce(member.contact_id, 0), member.subscriber_hash
limit %(page)s
