-- The collection continues under the id that the CRM gives it now, with its audience and refusals.
with known as (
    update sync.known_collection set collection_id = %(new_id)s
    where collection_id = %(old_id)s
),

audience as (
    update sync.audience set collection_id = %(new_id)s
    where collection_id = %(old_id)s
),

former as (
    update sync.former_audience set collection_id = %(new_id)s
    where collection_id = %(old_id)s
),

used as (
    update sync.audience_use set collection_id = %(new_id)s
    where collection_id = %(old_id)s
),

refused as (
    update sync.refusal set
        collection_ids = array_replace(collection_ids, %(old_id)s::bigint, %(new_id)s::bigint)
    where %(old_id)s = any(collection_ids)
),

tag as (
    update sync.tag set collection_id = %(new_id)s
    where collection_id = %(old_id)s
),

tagged as (
    update sync.tag_member set collection_id = %(new_id)s
    where collection_id = %(old_id)s
),

judged as (
    update sync.collection_health set collection_id = %(new_id)s
    where collection_id = %(old_id)s
),

-- Of a shared audience.
shared as (
    update sync.tag set shared_id = %(new_id)s
    where shared_id = %(old_id)s
),

asked as (
    update sync.removal_request set collection_id = %(new_id)s
    where collection_id = %(old_id)s
),

written as (
    update sync.written_status set collection_id = %(new_id)s
    where collection_id = %(old_id)s
)

update sync.erased_status set collection_id = %(new_id)s
where collection_id = %(old_id)s
