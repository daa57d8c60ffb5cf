select
    plan.subscriber_hash,
    plan.contact_id,
    verdict.content_hash
from staging.plan as plan
left join staging.verdict as verdict
    on
        plan.staging_id = verdict.staging_id
        and plan.collection_id = verdict.collection_id
        and plan.contact_id = verdict.contact_id
        and plan.subscriber_hash = verdict.subscriber_hash
where
    plan.staging_id = %(staging_id)s
    and plan.collection_id = %(collection_id)s
    and plan.subscriber_hash = %(subscriber_hash)s
    and plan.contact_id is not null
