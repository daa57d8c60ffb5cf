-- Approved campaigns whose time is near or over, and that do not go out as they are. A campaign without a
-- time was taken out of the schedule that a person made for it. The gate is asked about it again when the
-- person schedules it again.
select
    campaign.campaign_code,
    campaign.planned_at,
    coalesce(closed.codes, split_part(campaign.detail, ':', 1)) as reason
from sync.campaign as campaign
left join lateral (
    select
        decision.gate_id,
        decision.reasons
    from sync.campaign_gate as decision
    where decision.campaign_id = campaign.campaign_id
    order by decision.gate_id desc
    limit 1
) as gate on true
left join lateral (
    -- Each look has numbers of its own, so a trouble's words are the codes alone.
    select string_agg(distinct reason ->> 'code', ', ' order by reason ->> 'code') as codes
    from jsonb_array_elements(gate.reasons) as reason
    where
        (
            campaign.crm_state = 'by_hand'
            or starts_with(campaign.detail, format('gate %%s is closed', gate.gate_id))
        )
        and not coalesce((reason ->> 'released')::boolean, false)
) as closed on true
where
    campaign.crm_state in ('planned', 'due', 'overdue', 'by_hand')
    and (campaign.action = 'held' or closed.codes is not null)
    and campaign.sent_at is null
    and (campaign.planned_at is null or campaign.planned_at <= %(until)s)
order by campaign.planned_at, campaign.campaign_code
