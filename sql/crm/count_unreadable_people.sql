-- Values of contacts, consents and fields that break the contract, column by column. Each row says
-- how many there are, and what becomes of them.
select
    'contact' as table_name,
    'contact_id' as column_name,
    'no id' as problem,
    'these rows are left out' as effect,
    count(*) as held
from crm.contact
where
    contact_id is null or mod(contact_id::numeric, 1) <> 0 or abs(contact_id::numeric) >= 9223372036854775808
union all
select
    'consent' as table_name,
    'contact_id' as column_name,
    'no id' as problem,
    'these rows are left out' as effect,
    count(*) as held
from crm.consent
where
    contact_id is null or mod(contact_id::numeric, 1) <> 0 or abs(contact_id::numeric) >= 9223372036854775808
union all
select
    'collection_member' as table_name,
    'collection_id' as column_name,
    'no id' as problem,
    'these rows are left out' as effect,
    count(*) as held
from crm.collection_member
where
    collection_id is null
    or mod(collection_id::numeric, 1) <> 0
    or abs(collection_id::numeric) >= 9223372036854775808
union all
select
    'collection_member' as table_name,
    'contact_id' as column_name,
    'no id' as problem,
    'these rows are left out' as effect,
    count(*) as held
from crm.collection_member
where
    contact_id is null or mod(contact_id::numeric, 1) <> 0 or abs(contact_id::numeric) >= 9223372036854775808
union all
select
    'contact_field_value' as table_name,
    'contact_id' as column_name,
    'no id' as problem,
    'these rows are left out' as effect,
    count(*) as held
from crm.contact_field_value
where
    contact_id is null or mod(contact_id::numeric, 1) <> 0 or abs(contact_id::numeric) >= 9223372036854775808
union all
select
    'contact' as table_name,
    'merged_into_id' as column_name,
    'no id' as problem,
    'their contacts are held back (unreadable_row)' as effect,
    count(*) as held
from crm.contact
where
    mod(merged_into_id::numeric, 1) <> 0 or abs(merged_into_id::numeric) >= 9223372036854775808
union all
select
    'contact' as table_name,
    'is_active' as column_name,
    'null' as problem,
    'their contacts are held back (unreadable_row)' as effect,
    count(*) as held
from crm.contact
where
    is_active is null
union all
select
    'contact' as table_name,
    'contact_id' as column_name,
    'there more than once' as problem,
    'their contacts are held back (unreadable_row)' as effect,
    coalesce(sum(repeated.held), 0)::bigint as held
from (
    select count(*) as held from crm.contact
    where contact_id is not null
    group by contact_id
    having count(*) > 1
) as repeated
union all
select
    'contact' as table_name,
    'email' as column_name,
    'longer than any address' as problem,
    'their contacts are held back (invalid_email)' as effect,
    count(*) as held
from crm.contact
where
    -- An address has at most 254 octets in ASCII, and an international one never more characters.
    length(btrim(email, %(unseen)s)) > 254
union all
select
    'contact' as table_name,
    'erasure_requested_at' as column_name,
    'a time that no program can hold' as problem,
    'each is a request for erasure all the same' as effect,
    count(*) as held
from crm.contact
where
    erasure_requested_at < '1970-01-01 00:00:00+00' or erasure_requested_at >= '9000-01-01 00:00:00+00'
union all
select
    'contact' as table_name,
    'erasure_requested_at' as column_name,
    'a request in a row without an id' as problem,
    'the person is erased by the address, if that can be read' as effect,
    count(*) as held
from crm.contact
where
    erasure_requested_at is not null
    and email like '%%@%%'
    and coalesce(mod(contact_id::numeric, 1) <> 0 or abs(contact_id::numeric) >= 9223372036854775808, true)
union all
select
    'contact' as table_name,
    'erasure_requested_at' as column_name,
    'a request in a row without an id and an address' as problem,
    'nobody can be erased: correct contact_id or email' as effect,
    count(*) as held
from crm.contact
where
    erasure_requested_at is not null
    and coalesce(email not like '%%@%%', true)
    and coalesce(mod(contact_id::numeric, 1) <> 0 or abs(contact_id::numeric) >= 9223372036854775808, true)
union all
select
    'contact' as table_name,
    'birth_date' as column_name,
    'a day that no program can hold' as problem,
    'the birthday is left out (invalid_field_value)' as effect,
    count(*) as held
from crm.contact
where
    birth_date < '0001-01-01' or birth_date > '9999-12-31'
union all
select
    'contact_field' as table_name,
    'code' as column_name,
    'null or empty' as problem,
    'these fields are left out' as effect,
    count(*) as held
from crm.contact_field
where
    code is null or code = ''
union all
select
    'contact_field' as table_name,
    'label' as column_name,
    'null or empty' as problem,
    'these fields are left out (invalid_field_value)' as effect,
    count(*) as held
from crm.contact_field
where
    coalesce(translate(label, %(unseen)s, ''), '') = ''
union all
select
    'contact_field' as table_name,
    'data_type' as column_name,
    'a word that is not in the contract' as problem,
    'these fields are left out (invalid_field_value)' as effect,
    count(*) as held
from crm.contact_field
where
    coalesce(data_type not in ('text', 'number', 'date', 'boolean', 'url', 'phone', 'choice'), true)
union all
select
    'contact_field' as table_name,
    'choices' as column_name,
    'a list of lists' as problem,
    'these fields are left out (invalid_field_value)' as effect,
    count(*) as held
from crm.contact_field
where
    array_ndims(choices) > 1
union all
select
    'contact_field' as table_name,
    'code' as column_name,
    'there more than once' as problem,
    'these fields are left out (invalid_field_value)' as effect,
    coalesce(sum(repeated.held), 0)::bigint as held
from (
    select count(*) as held from crm.contact_field
    where code is not null
    group by code
    having count(*) > 1
) as repeated
union all
select
    'contact_field_value' as table_name,
    'field_code' as column_name,
    'there more than once' as problem,
    'the last value counts' as effect,
    coalesce(sum(repeated.held), 0)::bigint as held
from (
    select count(*) as held from crm.contact_field_value
    where contact_id is not null and field_code is not null
    group by contact_id, field_code
    having count(*) > 1
) as repeated
union all
select
    'consent' as table_name,
    'consent_id' as column_name,
    'no id' as problem,
    'their contacts are held back (unreadable_consent)' as effect,
    count(*) as held
from crm.consent
where
    consent_id is null or mod(consent_id::numeric, 1) <> 0 or abs(consent_id::numeric) >= 9223372036854775808
union all
select
    'consent' as table_name,
    'granted' as column_name,
    'null' as problem,
    'their contacts are held back (unreadable_consent)' as effect,
    count(*) as held
from crm.consent
where
    granted is null
union all
select
    'consent' as table_name,
    'effective_at' as column_name,
    'null, or a withdrawal after the year 8999' as problem,
    'their contacts are held back (unreadable_consent)' as effect,
    count(*) as held
from crm.consent
where
    effective_at is null
    or (not granted and effective_at >= '9000-01-01 00:00:00+00')
union all
select
    'consent' as table_name,
    'channel' as column_name,
    'a word that is not in the contract' as problem,
    'their contacts are held back (unreadable_consent)' as effect,
    count(*) as held
from crm.consent
where
    coalesce(lower(btrim(channel::text, %(spaces)s) collate "C") <> all(%(channels)s::text[]), true)
union all
select
    'consent' as table_name,
    'gdpr_category' as column_name,
    'a word that is not in the contract' as problem,
    'their contacts are held back (unreadable_consent)' as effect,
    count(*) as held
from crm.consent
where
    lower(btrim(channel::text, %(spaces)s) collate "C") = 'email'
    and coalesce(
        lower(btrim(gdpr_category::text, %(spaces)s) collate "C") <> all(%(categories)s::text[]), true
    )
