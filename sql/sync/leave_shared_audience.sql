-- A collection has left a shared audience, and nobody gets its tag there any more. Until its people are in
-- another audience, it goes on using this one: what they refuse here holds for the collection.
with former as (
    update sync.tag
    set
        left_at = now(),
        arrived_at = case when %(has_arrived)s then now() end
    where list_id = %(list_id)s and collection_id = %(collection_id)s and left_at is null
),

proof as (
    update sync.consent_proof as proof
    set ended_at = now(), end_cause = 'left_shared_audience'
    from sync.tag
    where
        tag.list_id = %(list_id)s
        and tag.collection_id = %(collection_id)s
        and proof.list_id = tag.list_id
        and proof.collection_code = tag.collection_code
        and proof.ended_at is null
)

update sync.audience_use
set left_at = coalesce(left_at, now())
where list_id = %(list_id)s and collection_id = %(collection_id)s and %(has_arrived)s
