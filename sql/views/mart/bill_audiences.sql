create or replace view mart.bill_audiences as
with ledger as (
    select
        member.list_id,
        count(*) as contacts
    from sync.member as member
    where
        member.status in ('subscribed', 'unsubscribed', 'transactional')
        and member.cause is distinct from 'forgotten'
    group by member.list_id
),

-- The last run of the collection did not find the audience any more. The detail may also be about another
-- audience, which the CRM names and the account does not have.
deleted as (
    select audience.list_id
    from sync.audience as audience
    inner join lateral (
        select ended.detail
        from sync.collection_run as ended
        where
            ended.collection_code = audience.collection_code
            and ended.state in ('succeeded', 'blocked', 'failed')
        order by ended.started_at desc
        limit 1
    ) as newest on true
    where starts_with(newest.detail, 'audience_deleted: ') and strpos(newest.detail, audience.list_id) > 0
),

-- Audiences of which we know each member, at least from the first full listing on.
own as (
    select
        list_id,
        account,
        fully_listed_at is not null as is_listed
    from sync.audience
    union all
    select
        list_id,
        account,
        fully_listed_at is not null as is_listed
    from sync.former_audience
    where deleted_at is null
),

pulled as (
    select
        list_id,
        max(account) as account,
        bool_or(is_listed) as is_listed
    from own
    group by list_id
),

present as (
    select
        coalesce(list.list_id, pulled.list_id) as list_id,
        coalesce(pulled.account, list.account) as account,
        list.name,
        pulled.is_listed,
        list.member_count + list.unsubscribe_count as contacts_by_mailchimp,
        list.read_at
    from stats.lists as list
    full outer join pulled on list.list_id = pulled.list_id
    -- A list that only a campaign names may be gone since long.
    where
        list.gone_at is null
        and (list.read_at is not null or pulled.list_id is not null)
        and not exists (
            select from deleted
            where deleted.list_id = coalesce(list.list_id, pulled.list_id)
        )
)

select
    present.account,
    present.list_id,
    coalesce(present.name, mapped.remote_name) as name,
    coalesce(used.collection_codes, mapped.collection_codes) as collection_codes,
    coalesce(
        case when present.is_listed then coalesce(ledger.contacts, 0) end,
        present.contacts_by_mailchimp,
        ledger.contacts,
        0
    ) as contacts,
    case when present.is_listed is not null then coalesce(ledger.contacts, 0) end as own_contacts,
    present.contacts_by_mailchimp,
    present.read_at as counted_by_mailchimp_at
from present
left join ledger on present.list_id = ledger.list_id
left join lateral (
    select
        string_agg(audience.collection_code, ', ' order by audience.collection_code) as collection_codes,
        max(audience.remote_name) as remote_name
    from sync.audience as audience
    where audience.list_id = present.list_id
) as mapped on true
-- In a shared audience, the collections with a tag.
left join lateral (
    select string_agg(tag.collection_code, ', ' order by tag.collection_code) as collection_codes
    from sync.tag as tag
    where tag.list_id = present.list_id and tag.left_at is null
) as used on true;
comment on view mart.bill_audiences is
'Contacts that Mailchimp bills, by audience: subscribed, unsubscribed and not yet subscribed (transactional) '
'ones. Archived, cleaned, pending and deleted ones are free.';
comment on column mart.bill_audiences.account is 'The Mailchimp account: id of its connection in Airflow.';
comment on column mart.bill_audiences.list_id is 'Key: Mailchimp''s id of the audience (mart.lists).';
comment on column mart.bill_audiences.name is 'Name of the audience; null if it is not known yet.';
comment on column mart.bill_audiences.collection_codes is
'Collections of the CRM that use the audience. If all have left a shared audience: shared: and its name. '
'Null if the audience is not ours.';
comment on column mart.bill_audiences.contacts is
'Contacts of the audience that are billed. This is our own count, if we know the audience''s members; '
'otherwise Mailchimp''s count.';
comment on column mart.bill_audiences.own_contacts is
'Our own count, from the members that the last pull-back found (sync.member). Null if the audience is not '
'ours.';
comment on column mart.bill_audiences.contacts_by_mailchimp is
'Mailchimp''s own count of subscribed and unsubscribed members, as the last run of extract_reports read it. '
'Mailchimp does not say how many are not yet subscribed. Null until the audience was read.';
comment on column mart.bill_audiences.counted_by_mailchimp_at is
'Time at which that count was read; null until then.';
