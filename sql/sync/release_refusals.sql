-- A preview used an audience for a collection that did not use it before. The refusals made there hold for
-- the collection only from the run on. Those that held before the preview stay.
with known_use as (
    select
        used.list_id,
        used.collection_id
    from jsonb_populate_recordset(null::sync.audience_use, %(kept)s::jsonb -> 'audience_use') as used
),

begun as (
    select
        used.list_id,
        used.collection_id
    from sync.audience_use as used
    where
        used.collection_id = any(%(collection_ids)s::bigint[])
        and not exists (
            select from known_use
            where known_use.list_id = used.list_id and known_use.collection_id = used.collection_id
        )
)

update sync.refusal as refusal
set
    collection_ids = array(
        select held.collection_id
        from unnest(refusal.collection_ids) with ordinality as held (collection_id, place)
        where
            not exists (
                select from begun
                where begun.list_id = refusal.list_id and begun.collection_id = held.collection_id
            )
            or exists (
                select from refused_before as earlier
                where earlier.refusal_id = refusal.refusal_id and earlier.collection_id = held.collection_id
            )
        order by held.place
    )
where
    refusal.collection_ids && %(collection_ids)s::bigint[]
    and refusal.list_id in (select begun.list_id from begun)
