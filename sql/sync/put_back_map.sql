-- Puts back what a preview took out of the audience map. Rows that stayed keep what the preview saw: when the
-- audience was read, and up to which change.
with audience as (
    insert into sync.audience
    select known.*
    from jsonb_populate_recordset(null::sync.audience, %(kept)s::jsonb -> 'audience') as known
    on conflict (collection_id) do nothing
),

former as (
    insert into sync.former_audience
    select known.*
    from jsonb_populate_recordset(null::sync.former_audience, %(kept)s::jsonb -> 'former_audience') as known
    on conflict (list_id) do nothing
),

tag as (
    update sync.tag as present
    set left_at = null
    from jsonb_populate_recordset(null::sync.tag, %(kept)s::jsonb -> 'tag') as known
    where
        present.list_id = known.list_id
        and present.collection_id = known.collection_id
        and present.left_at is not null
        -- The preview took the whole audience out of the map, and all tags with it.
        and not exists (
            select from sync.audience as mapped
            where mapped.list_id = present.list_id and mapped.collection_id = present.shared_id
        )
)

update sync.audience_use as present
set left_at = known.left_at, settled_at = known.settled_at
from jsonb_populate_recordset(null::sync.audience_use, %(kept)s::jsonb -> 'audience_use') as known
where
    present.list_id = known.list_id
    and present.collection_id = known.collection_id
    and (present.left_at, present.settled_at) is distinct from (known.left_at, known.settled_at)
