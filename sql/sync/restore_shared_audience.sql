-- A shared audience that Mailchimp shows, and whose row was lost.
insert into sync.audience (collection_id, collection_code, provider, list_id, account, linked)
values (%(shared_id)s, %(collection_code)s, %(provider)s, %(list_id)s, %(account)s, %(linked)s)
on conflict do nothing
