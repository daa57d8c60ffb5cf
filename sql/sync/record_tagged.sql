-- Members that got a collection's tag.
insert into sync.tag_member as tagged (list_id, collection_id, subscriber_hash, contact_id)
select
    %(list_id)s::text as list_id,
    %(collection_id)s::bigint as collection_id,
    added.subscriber_hash,
    added.contact_id
from unnest(%(subscriber_hashes)s::text[], %(contact_ids)s::bigint[]) as added (subscriber_hash, contact_id)
on conflict (list_id, collection_id, subscriber_hash) do update set
    contact_id = excluded.contact_id,
    given_by_hand = false,
    taken_by_hand_at = null,
    leaving_cause = null
