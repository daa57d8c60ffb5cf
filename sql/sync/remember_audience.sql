insert into sync.audience (collection_id, collection_code, provider, list_id, linked)
values (%(collection_id)s, %(collection_code)s, %(provider)s, %(list_id)s, %(linked)s)
on conflict (collection_id) do update set
    collection_code = excluded.collection_code,
    list_id = excluded.list_id,
    linked = excluded.linked,
    settings_hash = null,
    pulled_through = null,
    fully_listed_at = null
