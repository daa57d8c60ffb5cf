-- Campaigns that matter now: planned, waiting, or sent lately.
select
    coalesce(crm_campaign_code, provider_campaign_id) as code,
    title,
    collection_code,
    status,
    origin,
    planned_at,
    scheduled_for,
    sent_at,
    emails_sent,
    unique_opens,
    unique_clicks,
    detail,
    gate_is_open,
    coalesce((
        select array_agg(reason ->> 'code')
        from jsonb_array_elements(gate_reasons) as reason
    ), '{}') as gate_reasons
from stats.campaign_overview
order by coalesce(sent_at, scheduled_for, planned_at, now()) desc
limit %(most)s;
