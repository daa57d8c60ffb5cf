-- Takes out of the audience map what a preview brought into it.
with known_audience as (
    select
        known.list_id,
        known.collection_id
    from jsonb_populate_recordset(null::sync.audience, %(kept)s::jsonb -> 'audience') as known
),

known_former as (
    select
        known.list_id,
        known.collection_id
    from jsonb_populate_recordset(null::sync.former_audience, %(kept)s::jsonb -> 'former_audience') as known
),

known_use as (
    select
        known.list_id,
        known.collection_id
    from jsonb_populate_recordset(null::sync.audience_use, %(kept)s::jsonb -> 'audience_use') as known
),

audience as (
    delete from sync.audience as present
    where
        present.collection_id = any(%(collection_ids)s::bigint[])
        and not exists (
            select from known_audience as known
            where known.list_id = present.list_id and known.collection_id = present.collection_id
        )
),

former as (
    delete from sync.former_audience as present
    where
        present.collection_id = any(%(collection_ids)s::bigint[])
        and not exists (
            select from known_former as known
            where known.list_id = present.list_id and known.collection_id = present.collection_id
        )
)

delete from sync.audience_use as present
where
    present.collection_id = any(%(collection_ids)s::bigint[])
    and not exists (
        select from known_use
        where known_use.list_id = present.list_id and known_use.collection_id = present.collection_id
    )
