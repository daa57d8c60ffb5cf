-- A collection met an audience of another installation. Returns the time of a person's takeover, or null.
insert into sync.foreign_audience (collection_id, collection_code, list_id)
values (%(collection_id)s, %(collection_code)s, %(list_id)s)
on conflict (collection_id) do update
    set
        collection_code = excluded.collection_code,
        list_id = excluded.list_id,
        -- The takeover was for one audience only.
        taken_over_at = case
            when foreign_audience.list_id = excluded.list_id then foreign_audience.taken_over_at
        end
returning taken_over_at
