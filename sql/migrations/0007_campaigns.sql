-- Campaigns: which campaign of the crm is which one at the provider, every decision of the gate,
-- and what a person released.

create table sync.campaign (
    campaign_id bigint primary key,
    campaign_code text not null,
    collection_code text not null,
    list_id text,
    title text not null,
    provider_campaign_id text unique,
    intended_at timestamptz,
    linked_at timestamptz,
    pushed jsonb,
    scheduled_for timestamptz,
    schedule_refused_at timestamptz,
    send_called_at timestamptz,
    shelved_at timestamptz,
    crm_state text,
    planned_at timestamptz,
    status text,
    action text,
    detail text,
    look_again_at timestamptz,
    emails_sent bigint,
    unique_opens bigint,
    unique_clicks bigint,
    sent_at timestamptz,
    tested_at timestamptz,
    tested_by_run text,
    changed_at timestamptz not null default now()
);
create index on sync.campaign (collection_code);
comment on table sync.campaign is
'Campaigns of the CRM and what they are at the provider: one row, one campaign there.';
comment on column sync.campaign.campaign_id is 'Key in the CRM.';
comment on column sync.campaign.title is
'The marker: title at the provider, "<description> (<code>)", looked up before anything is created.';
comment on column sync.campaign.provider_campaign_id is 'Id at the provider; null while only intended.';
comment on column sync.campaign.intended_at is
'Committed before the call that creates: a lost answer is noticed. Null: nothing was ever made of it.';
comment on column sync.campaign.linked_at is 'When the provider''s id became known.';
comment on column sync.campaign.pushed is
'Settings as we wrote them last; what differs at the provider was changed there by hand and stays.';
comment on column sync.campaign.scheduled_for is
'For when we scheduled it, committed before the call that does; null where we did not.';
comment on column sync.campaign.schedule_refused_at is
'Since when the account does not schedule: we wait and send at the time.';
comment on column sync.campaign.send_called_at is
'Committed before the call that sends; an unanswered one is not repeated at once.';
comment on column sync.campaign.shelved_at is
'Cancelled after it was scheduled: unscheduled, its draft kept.';
comment on column sync.campaign.crm_state is 'State in the CRM as the plan reads it; see docs/campaigns.md.';
comment on column sync.campaign.status is
'State at the provider, in its own words; deleted where it is gone.';
comment on column sync.campaign.action is 'What the last run did.';
comment on column sync.campaign.detail is 'What a person should know.';
comment on column sync.campaign.planned_at is
'When the CRM plans it, as the last step saw it; another one in the CRM is a new plan.';
comment on column sync.campaign.look_again_at is 'When it is to be looked at again, where that is soon.';
comment on column sync.campaign.tested_at is 'When a test was last sent.';
comment on column sync.campaign.tested_by_run is
'The run that sent it, committed before the call: a retried task sends no second one.';

create table sync.former_campaign (
    provider_campaign_id text primary key,
    campaign_id bigint not null,
    forgotten_at timestamptz not null default now()
);
comment on table sync.former_campaign is
'Campaigns at the provider that were one of ours before: deleted, or replaced by a new draft.';

create table sync.campaign_gate (
    gate_id bigint generated always as identity primary key,
    campaign_id bigint not null,
    campaign_code text not null,
    provider_campaign_id text not null,
    list_id text not null,
    occasion text not null check (occasion in ('schedule', 'check', 'send')),
    gdpr_category text,
    is_open boolean not null,
    reasons jsonb not null default '[]',
    recipients bigint,
    expected bigint,
    judged bigint,
    release_id bigint,
    decided_at timestamptz not null default now()
);
create index on sync.campaign_gate (campaign_id, gate_id desc);
comment on table sync.campaign_gate is 'Every decision of the gate before scheduling and before sending.';
comment on column sync.campaign_gate.occasion is 'Before scheduling, while scheduled, or before sending.';
comment on column sync.campaign_gate.reasons is
'Why it is closed, or what a person released: code, detail, key, may_be_released, released.';
comment on column sync.campaign_gate.recipients is 'Recipients as the provider counts them.';
comment on column sync.campaign_gate.expected is 'Subscribed members that the ledger knows.';
comment on column sync.campaign_gate.is_open is 'Whether the campaign may go out.';
comment on column sync.campaign_gate.judged is
'Subscribed members of ours whose consent was looked up in the CRM.';

create table sync.campaign_release (
    release_id bigint generated always as identity primary key,
    gate_id bigint not null unique references sync.campaign_gate,
    campaign_id bigint not null,
    keys text[] not null,
    requested_at timestamptz not null default now(),
    decision text check (decision in ('approved', 'rejected', 'timed_out', 'superseded')),
    decided_by text,
    decided_at timestamptz,
    expires_at timestamptz
);
create index on sync.campaign_release (campaign_id);
comment on table sync.campaign_release is
'What a person was asked, and said, about a closed gate; holds for these very reasons only.';
comment on column sync.campaign_release.keys is 'The reasons asked about, each with the fact it is about.';
comment on column sync.campaign_release.decision is 'Null while nobody answered; no answer in time is a no.';
comment on column sync.campaign_release.decided_by is 'Airflow''s id of who decided.';
comment on column sync.campaign_release.expires_at is 'Until when the decision holds.';

create view stats.campaign_overview as
with remote as (
    -- What was ours before stands in the row of its campaign.
    select campaign.*
    from stats.campaigns as campaign
    left join sync.former_campaign as former on campaign.campaign_id = former.provider_campaign_id
    where former.provider_campaign_id is null
)

select
    coalesce(remote.campaign_id, planned.provider_campaign_id) as provider_campaign_id,
    planned.campaign_id as crm_campaign_id,
    planned.campaign_code as crm_campaign_code,
    coalesce(planned.collection_code, audience.collection_code) as collection_code,
    coalesce(
        planned.status, remote.status, case when planned.intended_at is null then 'none' else 'intended' end
    ) as status,
    coalesce(remote.title, planned.title) as title,
    coalesce(remote.subject_line, planned.pushed ->> 'subject_line') as subject_line,
    planned.crm_state,
    planned.planned_at,
    planned.scheduled_for,
    coalesce(planned.sent_at, case when remote.status = 'sent' then remote.sent_at end) as sent_at,
    coalesce(planned.emails_sent, remote.emails_sent) as emails_sent,
    coalesce(planned.unique_opens, report.unique_opens) as unique_opens,
    coalesce(planned.unique_clicks, report.unique_subscriber_clicks) as unique_clicks,
    planned.detail,
    gate.is_open as gate_is_open,
    gate.reasons as gate_reasons,
    case when planned.campaign_id is null then 'mailchimp' else 'crm' end as origin
from remote
full outer join sync.campaign as planned on remote.campaign_id = planned.provider_campaign_id
left join sync.audience as audience on remote.list_id = audience.list_id
left join stats.latest_report as report on remote.campaign_id = report.campaign_id
left join lateral (
    select
        decision.is_open,
        decision.reasons
    from sync.campaign_gate as decision
    where decision.campaign_id = planned.campaign_id
    order by decision.gate_id desc
    limit 1
) as gate on true;
comment on view stats.campaign_overview is
'All campaigns, planned in the CRM (origin crm) or made directly in Mailchimp (origin mailchimp).';
comment on column stats.campaign_overview.provider_campaign_id is 'Mailchimp''s id; null if not there yet.';
comment on column stats.campaign_overview.crm_campaign_id is
'Campaign of the CRM; null if made in Mailchimp.';
comment on column stats.campaign_overview.crm_campaign_code is 'Its code in the CRM.';
comment on column stats.campaign_overview.collection_code is
'Contact collection; null if the audience is not ours.';
comment on column stats.campaign_overview.status is
'In Mailchimp''s words; deleted: not there any more; none: nothing made of it yet.';
comment on column stats.campaign_overview.title is 'Internal title.';
comment on column stats.campaign_overview.subject_line is 'Subject as recipients see it.';
comment on column stats.campaign_overview.crm_state is
'State in the CRM as the plan reads it: draft, planned, due, overdue, by_hand, cancelled, gone.';
comment on column stats.campaign_overview.planned_at is 'When the CRM plans to send it.';
comment on column stats.campaign_overview.scheduled_for is
'For when we put it into Mailchimp''s schedule; null where it does not stand there by us.';
comment on column stats.campaign_overview.sent_at is 'When it was sent.';
comment on column stats.campaign_overview.emails_sent is 'Mails sent.';
comment on column stats.campaign_overview.unique_opens is 'Members who opened, proxies included.';
comment on column stats.campaign_overview.unique_clicks is 'Members who clicked.';
comment on column stats.campaign_overview.detail is 'What there is to know of its state.';
comment on column stats.campaign_overview.gate_is_open is 'Whether the newest decision let it go out.';
comment on column stats.campaign_overview.gate_reasons is 'Why not, if not.';
comment on column stats.campaign_overview.origin is 'crm or mailchimp: where it was made.';
