-- The providers of one kind, each with its account: the id of an Airflow connection.
select
    provider.code,
    coalesce(nullif(btrim(provider.connection_id), ''), %(default_account)s) as account
from crm.external_provider as provider
where
    coalesce(nullif(lower(btrim(to_jsonb(provider) ->> 'kind')), ''), lower(btrim(provider.code)))
    = %(kind)s
order by provider.code
