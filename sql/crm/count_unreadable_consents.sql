-- Consent rows with words that are not in the contract, by column. The pipeline holds back their contacts.
with written as (
    select
        lower(btrim(consent.channel::text, spaces.characters) collate "C") as channel,
        lower(btrim(consent.gdpr_category::text, spaces.characters) collate "C") as gdpr_category
    from crm.consent as consent
    cross join (
        values (
            U&' \0009\000A\000B\000C\000D\0085\00A0\1680\2000\2001\2002\2003\2004\2005\2006\2007'
            || U&'\2008\2009\200A\200B\200C\200D\2028\2029\202F\205F\2060\3000\FEFF'
        )
    ) as spaces (characters)
)

select
    'channel' as column_name,
    count(*) as unreadable
from written
where coalesce(written.channel, '') not in ('email', 'sms', 'phone', 'post')
union all
select
    'gdpr_category' as column_name,
    count(*) as unreadable
from written
where written.channel = 'email' and coalesce(written.gdpr_category, '') not in ('offer', 'newsletter')
