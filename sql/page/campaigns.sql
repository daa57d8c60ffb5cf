-- Campaigns that matter now: planned, waiting, or sent lately. With the newest answer to a question about
-- the gate.
select
    coalesce(campaign.crm_campaign_code, campaign.provider_campaign_id) as code,
    campaign.title,
    campaign.collection_code,
    campaign.account,
    campaign.status,
    campaign.origin,
    campaign.crm_state,
    campaign.planned_at,
    campaign.scheduled_for,
    campaign.sent_at,
    campaign.emails_sent,
    greatest(report.emails_sent - report.hard_bounces - report.soft_bounces, 0) as delivered,
    campaign.unique_opens,
    campaign.unique_clicks,
    campaign.detail,
    campaign.gate_is_open,
    coalesce((
        select array_agg(reason ->> 'code')
        from jsonb_array_elements(campaign.gate_reasons) as reason
    ), '{}') as gate_reasons,
    answered.decision as answer,
    answered.decided_by as answered_by,
    answered.decided_at as answered_at,
    answered.expires_at as answer_expires_at
from stats.campaign_overview as campaign
left join stats.latest_report as report on campaign.provider_campaign_id = report.campaign_id
left join lateral (
    select
        release.decision,
        release.decided_by,
        release.decided_at,
        release.expires_at
    from sync.campaign_release as release
    inner join sync.campaign_gate as gate on release.gate_id = gate.gate_id
    where
        gate.campaign_code = campaign.crm_campaign_code
        and release.decision in ('approved', 'rejected', 'timed_out')
    order by release.gate_id desc
    limit 1
) as answered on true
order by
    -- However many campaigns are newer, an overdue one is what somebody must see.
    campaign.sent_at is null
    and campaign.status is distinct from 'deleted'
    and campaign.crm_state = 'overdue' desc nulls last,
    coalesce(campaign.sent_at, campaign.scheduled_for, campaign.planned_at, now()) desc
limit %(most)s;
