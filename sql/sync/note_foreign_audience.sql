-- A collection met an audience of another installation; returns when a person took it over, if so.
insert into sync.foreign_audience (collection_id, collection_code, list_id)
values (%(collection_id)s, %(collection_code)s, %(list_id)s)
on conflict (collection_id) do update
    set
        collection_code = excluded.collection_code,
        list_id = excluded.list_id,
        -- The word was about one audience.
        taken_over_at = case
            when foreign_audience.list_id = excluded.list_id then foreign_audience.taken_over_at
        end
returning taken_over_at
