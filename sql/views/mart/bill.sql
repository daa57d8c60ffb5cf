create or replace view mart.bill as
with account as (
    select
        account,
        count(*) as audiences,
        count(own_contacts) as own_audiences,
        sum(contacts)::bigint as contacts,
        sum(own_contacts)::bigint as own_contacts,
        sum(contacts_by_mailchimp)::bigint as contacts_by_mailchimp,
        min(counted_by_mailchimp_at) as counted_by_mailchimp_at
    from mart.bill_audiences
    group by account
),

-- One audience holds an address once. So an account with one audience has nothing to compare.
held as (
    select
        account.account,
        member.subscriber_hash,
        count(*) as audiences
    from account
    inner join mart.bill_audiences as audience on account.account = audience.account
    inner join sync.member as member on audience.list_id = member.list_id
    where
        account.own_audiences > 1
        and audience.own_contacts is not null
        and member.status in ('subscribed', 'unsubscribed', 'transactional')
        and member.cause is distinct from 'forgotten'
    group by account.account, member.subscriber_hash
),

compared as (
    select
        account,
        count(*) as addresses,
        count(*) filter (where audiences > 1) as repeated_addresses
    from held
    group by account
)

select
    account.account,
    account.audiences,
    account.contacts,
    account.own_contacts,
    account.contacts_by_mailchimp,
    account.counted_by_mailchimp_at,
    coalesce(compared.addresses, account.own_contacts) as own_addresses,
    coalesce(compared.repeated_addresses, 0) as repeated_addresses,
    coalesce(account.own_contacts - compared.addresses, 0) as saved_by_sharing,
    plan.contact_limit,
    plan.warning_percent,
    round(100.0 * account.contacts / plan.contact_limit, 1) as used_percent,
    coalesce(account.contacts >= plan.contact_limit * plan.warning_percent / 100, false) as is_near_limit,
    coalesce(account.contacts > plan.contact_limit, false) as is_over_limit
from account
-- Who asks for nothing of the comparison does not wait for it: Postgres leaves out this join.
left join compared on account.account = compared.account
left join mart.contact_limit as plan on account.account = plan.account;
comment on view mart.bill is
'What each Mailchimp account is billed for: contacts over all its audiences. And how near they are to the '
'plan''s limit. Mailchimp bills an address once for each audience that it is in.';
comment on column mart.bill.account is 'Key: the Mailchimp account, by the id of its connection in Airflow.';
comment on column mart.bill.audiences is 'Audiences of the account that we know, also audiences of others.';
comment on column mart.bill.contacts is
'Contacts that are billed: the sum of mart.bill_audiences.contacts. It is our count for our audiences, and '
'Mailchimp''s count for all others.';
comment on column mart.bill.own_contacts is
'Our own count, of our audiences alone; null if none is ours.';
comment on column mart.bill.contacts_by_mailchimp is
'Mailchimp''s own count of subscribed and unsubscribed members, over all audiences that extract_reports has '
'read; null before the first.';
comment on column mart.bill.counted_by_mailchimp_at is
'Time at which the oldest of these counts was read; null before the first.';
comment on column mart.bill.own_addresses is
'Different addresses behind own_contacts; null if no audience is ours.';
comment on column mart.bill.repeated_addresses is
'Addresses that are billed in several of our audiences.';
comment on column mart.bill.saved_by_sharing is
'Contacts that would no longer be billed if our audiences of this account were one audience.';
comment on column mart.bill.contact_limit is
'Contacts that the account''s plan includes (MAILCHIMP_CONTACT_LIMIT, as the last sync noted it); null if it '
'is not set.';
comment on column mart.bill.warning_percent is
'Percentage of the limit from which on the pipeline warns; null without a limit.';
comment on column mart.bill.used_percent is
'contacts as a percentage of contact_limit; null without a limit.';
comment on column mart.bill.is_near_limit is 'Whether the pipeline warns about the limit.';
comment on column mart.bill.is_over_limit is 'Whether there are more contacts than the plan includes.';
