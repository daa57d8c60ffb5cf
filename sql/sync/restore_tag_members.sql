-- Who carries a tag in Mailchimp, after a loss of the sync state. Nobody knows who gave it.
insert into sync.tag_member as tagged (list_id, collection_id, subscriber_hash, contact_id)
select distinct on (shown.subscriber_hash)
    %(list_id)s,
    %(collection_id)s,
    shown.subscriber_hash,
    member.contact_id
from tagged_now as shown
left join sync.member as member
    on member.list_id = %(list_id)s and shown.subscriber_hash = member.subscriber_hash
-- The tag may be read before the members are known.
on conflict (list_id, collection_id, subscriber_hash) do update
    set contact_id = excluded.contact_id
    where tagged.contact_id is null
