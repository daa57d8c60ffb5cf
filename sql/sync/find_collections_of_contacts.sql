-- In which collections of a shared audience contacts are, by the staging. Each row is looked up by its key,
-- as in next_planned_contacts.sql.
with asked as (
    select
        contact.contact_id,
        sharing.collection_id
    from unnest(%(contact_ids)s::bigint[]) as contact (contact_id)
    cross join unnest(%(collection_ids)s::bigint[]) as sharing (collection_id)
)

select
    asked.collection_id,
    asked.contact_id,
    found.is_eligible
from asked
cross join
    lateral (
        select verdict.reason_code is null as is_eligible
        from staging.verdict as verdict
        where
            verdict.staging_id = %(staging_id)s
            and verdict.collection_id = asked.collection_id
            and verdict.contact_id = asked.contact_id
        offset 0
    ) as found
