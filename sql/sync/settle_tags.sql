-- Who got a tag by hand and belongs to the collection has it as everybody else.
update sync.tag_member as tagged
set given_by_hand = false, contact_id = plan.contact_id
from staging.plan as plan
where
    plan.staging_id = %(staging_id)s
    and plan.collection_id = %(collection_id)s
    and plan.action = 'unchanged'
    and tagged.list_id = %(list_id)s
    and tagged.collection_id = plan.collection_id
    and tagged.subscriber_hash = plan.subscriber_hash
    and (tagged.given_by_hand or tagged.contact_id is distinct from plan.contact_id)
