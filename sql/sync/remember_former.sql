-- An audience that was a collection's before the state was lost.
insert into sync.former_audience (
    list_id, account, collection_id, collection_code, gdpr_category, found_in_preview, found_through
)
values (
    %(list_id)s, %(account)s, %(collection_id)s, %(collection_code)s, %(gdpr_category)s, %(in_preview)s,
    case when %(has_moved)s then 'infinity'::timestamptz end
)
on conflict (list_id) do nothing
