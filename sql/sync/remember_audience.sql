insert into sync.audience (collection_id, collection_code, provider, list_id, account, linked, gdpr_category)
values (
    %(collection_id)s, %(collection_code)s, %(provider)s, %(list_id)s, %(account)s, %(linked)s,
    %(gdpr_category)s
)
