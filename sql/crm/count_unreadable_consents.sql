-- Consent rows with words that are not in the contract, by column. The pipeline holds back their contacts.
with written as (
    select
        lower(btrim(channel::text, %(spaces)s) collate "C") as channel,
        lower(btrim(gdpr_category::text, %(spaces)s) collate "C") as gdpr_category
    from crm.consent
)

select
    'channel' as column_name,
    count(*) as unreadable
from written
where coalesce(written.channel <> all(%(channels)s::text[]), true)
union all
select
    'gdpr_category' as column_name,
    count(*) as unreadable
from written
where written.channel = 'email' and coalesce(written.gdpr_category <> all(%(categories)s::text[]), true)
