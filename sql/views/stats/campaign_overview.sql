create or replace view stats.campaign_overview as
with remote as (
    -- A campaign that was ours before appears in the row of its campaign of the CRM.
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
    case when planned.campaign_id is null then 'mailchimp' else 'crm' end as origin,
    coalesce(remote.account, planned.account) as account
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
'All campaigns: planned in the CRM (origin crm), or made directly in Mailchimp (origin mailchimp).';
comment on column stats.campaign_overview.provider_campaign_id is
'Mailchimp''s id of the campaign; null if it is not there yet.';
comment on column stats.campaign_overview.crm_campaign_id is
'Campaign of the CRM; null if it was made in Mailchimp.';
comment on column stats.campaign_overview.crm_campaign_code is
'Code of the campaign in the CRM; null if it was made in Mailchimp.';
comment on column stats.campaign_overview.collection_code is
'Collection of the CRM that the campaign goes to. For a campaign that was made in Mailchimp for a shared '
'audience: shared: and its name. Null if the audience is not ours.';
comment on column stats.campaign_overview.status is
'Status in Mailchimp''s words. deleted: no longer in Mailchimp. none: not created yet. intended: we are '
'about to create it.';
comment on column stats.campaign_overview.title is 'Internal title.';
comment on column stats.campaign_overview.subject_line is
'Subject as recipients see it; null before we wrote one.';
comment on column stats.campaign_overview.crm_state is
'State in the CRM, as sync_campaigns reads it: draft, planned, due, overdue, by_hand, cancelled, gone. '
'Null if made in Mailchimp.';
comment on column stats.campaign_overview.planned_at is
'Time at which the CRM plans to send it; null without one.';
comment on column stats.campaign_overview.scheduled_for is
'Time for which we put it into Mailchimp''s schedule; null if we did not.';
comment on column stats.campaign_overview.sent_at is 'Time of sending; null before it is sent.';
comment on column stats.campaign_overview.emails_sent is 'Mails sent; null if Mailchimp gives no figure.';
comment on column stats.campaign_overview.unique_opens is
'Members who opened, proxies included; null without a report.';
comment on column stats.campaign_overview.unique_clicks is 'Members who clicked; null without a report.';
comment on column stats.campaign_overview.detail is
'What a person should know about its state; null if nothing.';
comment on column stats.campaign_overview.gate_is_open is
'Whether the newest decision of the gate was open; null without a decision.';
comment on column stats.campaign_overview.gate_reasons is
'Reasons of the newest decision of the gate; null without a decision.';
comment on column stats.campaign_overview.origin is 'Where it was made: crm or mailchimp.';
comment on column stats.campaign_overview.account is
'Mailchimp account of the campaign: the id of its Airflow connection.';
