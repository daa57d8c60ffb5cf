-- Tags that we are about to take away: a lost answer is then no act of somebody else.
update sync.tag_member as tagged
set leaving_cause = leaving.cause
from unnest(%(subscriber_hashes)s::text[], %(causes)s::text[]) as leaving (subscriber_hash, cause)
where
    tagged.list_id = %(list_id)s
    and tagged.collection_id = %(collection_id)s
    and tagged.subscriber_hash = leaving.subscriber_hash
