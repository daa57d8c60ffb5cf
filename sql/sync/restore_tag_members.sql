-- Who carries a tag in Mailchimp, after a loss of the sync state. Nobody knows who gave it.
insert into sync.tag_member (list_id, collection_id, subscriber_hash, contact_id)
select distinct on (shown.subscriber_hash)
    %(list_id)s,
    %(collection_id)s,
    shown.subscriber_hash,
    member.contact_id
from tagged_now as shown
left join sync.member as member
    on member.list_id = %(list_id)s and shown.subscriber_hash = member.subscriber_hash
on conflict do nothing
