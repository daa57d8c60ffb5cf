insert into sync.audience (collection_id, collection_code, provider, list_id, linked, gdpr_category)
values (
    %(collection_id)s, %(collection_code)s, %(provider)s, %(list_id)s, %(linked)s, %(gdpr_category)s
)
