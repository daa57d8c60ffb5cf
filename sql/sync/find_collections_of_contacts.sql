-- In which collections of a shared audience contacts are, by the staging.
select
    verdict.collection_id,
    verdict.contact_id,
    verdict.reason_code is null as is_eligible
from staging.verdict as verdict
where
    verdict.staging_id = %(staging_id)s
    and verdict.collection_id = any(%(collection_ids)s::bigint[])
    and verdict.contact_id = any(%(contact_ids)s::bigint[])
