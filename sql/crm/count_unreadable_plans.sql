-- Values of collections and campaigns that break the contract, column by column. Each row says
-- how many there are, and what becomes of them.
select
    'contact_collection' as table_name,
    'collection_id' as column_name,
    'no id' as problem,
    'these rows are left out' as effect,
    count(*) as held
from crm.contact_collection
where
    collection_id is null
    or mod(collection_id::numeric, 1) <> 0
    or abs(collection_id::numeric) >= 9223372036854775808
union all
select
    'campaign' as table_name,
    'campaign_id' as column_name,
    'no id' as problem,
    'these rows are left out' as effect,
    count(*) as held
from crm.campaign
where
    campaign_id is null
    or mod(campaign_id::numeric, 1) <> 0
    or abs(campaign_id::numeric) >= 9223372036854775808
union all
select
    'contact_collection' as table_name,
    'code' as column_name,
    'null or empty' as problem,
    'these collections are blocked (unreadable_row)' as effect,
    count(*) as held
from crm.contact_collection
where
    code is null or btrim(code) = ''
union all
select
    'contact_collection' as table_name,
    'code' as column_name,
    'longer than 500 bytes' as problem,
    'these collections are blocked (unreadable_row)' as effect,
    count(*) as held
from crm.contact_collection
where
    octet_length(code) > 500
union all
select
    'contact_collection' as table_name,
    'code' as column_name,
    'begins with shared: or shared@' as problem,
    'these collections are blocked (unreadable_row)' as effect,
    count(*) as held
from crm.contact_collection
where
    btrim(code) ~ '^shared[:@]'
union all
select
    'contact_collection' as table_name,
    'shared_audience' as column_name,
    'longer than 400 bytes' as problem,
    'these collections are blocked (unreadable_row)' as effect,
    count(*) as held
from crm.contact_collection as collection
where
    octet_length(to_jsonb(collection) ->> 'shared_audience') > 400
union all
select
    'contact_collection' as table_name,
    'description' as column_name,
    'null or empty' as problem,
    'these collections are blocked (unreadable_row)' as effect,
    count(*) as held
from crm.contact_collection
where
    description is null or btrim(description) = ''
union all
select
    'contact_collection' as table_name,
    'is_active' as column_name,
    'null' as problem,
    'these collections are blocked (unreadable_row)' as effect,
    count(*) as held
from crm.contact_collection
where
    is_active is null
union all
select
    'contact_collection' as table_name,
    'is_shared' as column_name,
    'null' as problem,
    'these collections are blocked (unreadable_row)' as effect,
    count(*) as held
from crm.contact_collection
where
    is_shared is null
union all
select
    'contact_collection' as table_name,
    'is_static' as column_name,
    'null' as problem,
    'these collections are blocked (unreadable_row)' as effect,
    count(*) as held
from crm.contact_collection
where
    is_static is null
union all
select
    'contact_collection' as table_name,
    'use_provider_defaults' as column_name,
    'null' as problem,
    'these collections are blocked (unreadable_row)' as effect,
    count(*) as held
from crm.contact_collection
where
    use_provider_defaults is null
union all
select
    'contact_collection' as table_name,
    'sync_merge_fields' as column_name,
    'null' as problem,
    'these collections are blocked (unreadable_row)' as effect,
    count(*) as held
from crm.contact_collection
where
    sync_merge_fields is null
union all
select
    'contact_collection' as table_name,
    'confirm_new_members' as column_name,
    'neither true nor false' as problem,
    'these collections are blocked (unreadable_row)' as effect,
    count(*) as held
from crm.contact_collection as collection
where
    jsonb_typeof(to_jsonb(collection) -> 'confirm_new_members') not in ('boolean', 'null')
union all
select
    'contact_collection' as table_name,
    'collection_id' as column_name,
    'there more than once' as problem,
    'these collections are blocked (unreadable_row)' as effect,
    coalesce(sum(repeated.held), 0)::bigint as held
from (
    select count(*) as held from crm.contact_collection
    where collection_id is not null
    group by collection_id
    having count(*) > 1
) as repeated
union all
select
    'contact_collection' as table_name,
    'code' as column_name,
    'there more than once' as problem,
    'all but one of these collections are blocked (collection_replaced)' as effect,
    coalesce(sum(repeated.held), 0)::bigint as held
from (
    select count(*) as held from crm.contact_collection
    where code is not null
    group by code
    having count(*) > 1
) as repeated
union all
select
    'external_provider' as table_name,
    'code' as column_name,
    'there more than once' as problem,
    'their collections are blocked (unreadable_row)' as effect,
    coalesce(sum(repeated.held), 0)::bigint as held
from (
    select count(*) as held from crm.external_provider
    where code is not null
    group by code
    having count(*) > 1
) as repeated
union all
select
    'resource' as table_name,
    'resource_id' as column_name,
    'there more than once' as problem,
    'their collections are blocked (unreadable_row)' as effect,
    coalesce(sum(repeated.held), 0)::bigint as held
from (
    select count(*) as held from crm.resource
    where resource_id is not null
    group by resource_id
    having count(*) > 1
) as repeated
union all
select
    'campaign_type' as table_name,
    'code' as column_name,
    'there more than once' as problem,
    'their collections are blocked (unreadable_row)' as effect,
    coalesce(sum(repeated.held), 0)::bigint as held
from (
    select count(*) as held from crm.campaign_type
    where code is not null
    group by code
    having count(*) > 1
) as repeated
union all
select
    'campaign_type' as table_name,
    'gdpr_category' as column_name,
    'a word that is not in the contract' as problem,
    'their collections are blocked (unreadable_row)' as effect,
    count(*) as held
from crm.campaign_type
where
    coalesce(lower(btrim(gdpr_category)) not in ('offer', 'newsletter', 'unclassified'), true)
union all
select
    'campaign' as table_name,
    'collection_id' as column_name,
    'no collection' as problem,
    'these campaigns are not sent (unreadable_row)' as effect,
    count(*) as held
from crm.campaign as campaign
where
    not exists (
        select from crm.contact_collection as collection
        where collection.collection_id = campaign.collection_id
    )
union all
select
    'campaign' as table_name,
    'description' as column_name,
    'null' as problem,
    'these campaigns are not sent (unreadable_row)' as effect,
    count(*) as held
from crm.campaign
where
    description is null
union all
select
    'campaign' as table_name,
    'campaign_type' as column_name,
    'null' as problem,
    'these campaigns are not sent (unreadable_row)' as effect,
    count(*) as held
from crm.campaign
where
    campaign_type is null
union all
select
    'campaign' as table_name,
    'state' as column_name,
    'a word that is not in the contract' as problem,
    'these campaigns are not sent (unreadable_row)' as effect,
    count(*) as held
from crm.campaign
where
    coalesce(state not in ('draft', 'approved', 'cancelled'), true)
union all
select
    'campaign' as table_name,
    'planned_at' as column_name,
    'a time that no program can count from' as problem,
    'these campaigns are not sent (unreadable_row)' as effect,
    count(*) as held
from crm.campaign
where
    planned_at < '1970-01-01 00:00:00+00' or planned_at >= '9000-01-01 00:00:00+00'
union all
select
    'campaign' as table_name,
    'campaign_id' as column_name,
    'there more than once' as problem,
    'these campaigns are not sent (unreadable_row)' as effect,
    coalesce(sum(repeated.held), 0)::bigint as held
from (
    select count(*) as held from crm.campaign
    where campaign_id is not null
    group by campaign_id
    having count(*) > 1
) as repeated
