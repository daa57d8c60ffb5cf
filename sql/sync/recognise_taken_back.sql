-- The first look at an audience that CRMREF marks as ours, after a loss of the sync state. A member of ours
-- is without a permission that others of ours have. So we had set it, and the person took it back. We set
-- none for a contact without a consent (judge_shared_audience.sql), or for an address that gets none
-- (find_withheld_permissions.sql). Nobody knows that as long as a collection of the audience has a problem.
with given as (
    select distinct unnest(given_permissions) as permission_id
    from sync.member
    where list_id = %(list_id)s and origin in ('created', 'adopted')
),

part as (
    select
        collection.collection_id,
        collection.problem_code
    from sync.staged_collection as collection
    where
        collection.staging_id = %(staging_id)s
        and (
            collection.shared_id = %(collection_id)s
            or (collection.collection_id = %(collection_id)s and not collection.is_shared_audience)
            or collection.collection_id = any(%(left_ids)s::bigint[])
        )
),

without_consent as (
    select verdict.contact_id
    from part
    inner join staging.verdict as verdict
        on
            verdict.staging_id = %(staging_id)s
            and part.collection_id = verdict.collection_id
    where
        not exists (
            select from part as broken
            where broken.problem_code is not null
        )
    group by verdict.contact_id
    having not bool_or(verdict.consent_id is not null)
)

update sync.member as member
set
    taken_back_permissions = array(
        select given.permission_id from given
        where given.permission_id <> all(member.given_permissions)
        order by given.permission_id
    )
where
    member.list_id = %(list_id)s
    and member.origin in ('created', 'adopted')
    and member.synced_at is null
    and not exists (
        select from without_consent
        where without_consent.contact_id = member.contact_id
    )
    and not exists (
        select from withheld_permission as withheld
        where
            withheld.collection_id = %(collection_id)s
            and withheld.subscriber_hash = member.subscriber_hash
    )
    and exists (
        select from given
        where given.permission_id <> all(member.given_permissions)
    )
