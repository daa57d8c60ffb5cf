-- Campaigns of a period, by the time at which they are or were to go out. Then those without a time.
select
    coalesce(campaign.crm_campaign_code, campaign.provider_campaign_id) as code,
    campaign.provider_campaign_id,
    campaign.title,
    campaign.collection_code,
    campaign.account,
    campaign.status,
    campaign.crm_state,
    campaign.planned_at,
    campaign.scheduled_for,
    campaign.sent_at,
    campaign.emails_sent,
    campaign.unique_opens,
    campaign.unique_clicks,
    campaign.detail,
    campaign.gate_is_open,
    coalesce(campaign.gate_reasons, '[]') as gate_reasons,
    campaign.origin
from stats.campaign_overview as campaign
cross join
    lateral (
        values (coalesce(campaign.sent_at, campaign.scheduled_for, campaign.planned_at))
    ) as moment (goes_out_at)
where
    (moment.goes_out_at >= %(begins_at)s and moment.goes_out_at < %(ends_at)s)
    or (%(with_undated)s and moment.goes_out_at is null and campaign.status not in ('sent', 'deleted'))
order by moment.goes_out_at asc nulls last, code asc
limit %(most)s;
