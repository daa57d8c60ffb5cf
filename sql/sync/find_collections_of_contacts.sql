-- In which collections of a shared audience contacts are, by the staging. Each row is looked up by its key, as in
-- next_planned_contacts.sql.
select
    found.collection_id,
    found.contact_id,
    found.is_eligible
from unnest(%(contact_ids)s::bigint[]) as asked (contact_id)
cross join unnest(%(collection_ids)s::bigint[]) as sharing (collection_id)
cross join
    lateral (
        select
            verdict.collection_id,
            verdict.contact_id,
            verdict.reason_code is null as is_eligible
        from staging.verdict as verdict
        where
            verdict.staging_id = %(staging_id)s
            and verdict.collection_id = sharing.collection_id
            and verdict.contact_id = asked.contact_id
        offset 0
    ) as found
