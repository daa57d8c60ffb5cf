-- An audience that was a collection's before the state was lost. Refusals made in it hold for the collection.
with used as (
    insert into sync.audience_use (list_id, collection_id)
    values (%(list_id)s, %(collection_id)s)
    on conflict (list_id, collection_id) do update set left_at = null, settled_at = null
)

insert into sync.former_audience (
    list_id, account, collection_id, collection_code, gdpr_category, found_in_preview
)
values (
    %(list_id)s, %(account)s, %(collection_id)s, %(collection_code)s, %(gdpr_category)s, %(in_preview)s
)
on conflict (list_id) do nothing
