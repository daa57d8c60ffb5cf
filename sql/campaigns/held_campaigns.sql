-- Approved campaigns whose time is near or over, and that do not go out as they are. The reason is null if
-- the last look failed: nobody knows then whether the campaign is still held.
--
-- A campaign without a time is named if we took it out of a person's schedule. The gate judged it by a check
-- then. The gate is asked again when the person schedules it again.
select
    campaign.campaign_code,
    campaign.planned_at,
    case
        when campaign.action <> 'failed' then coalesce(closed.codes, split_part(campaign.detail, ':', 1))
    end as reason
from sync.campaign as campaign
left join lateral (
    select
        decision.gate_id,
        decision.occasion,
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
    and (campaign.action in ('held', 'failed') or closed.codes is not null)
    and (
        campaign.crm_state <> 'by_hand'
        or (gate.occasion = 'check' and campaign.status in ('save', 'paused'))
    )
    and campaign.sent_at is null
    and (campaign.planned_at is null or campaign.planned_at <= %(until)s)
    -- The CRM gave the code to another campaign. Nobody looks at the first one again.
    and not exists (
        select from sync.campaign as newer
        where newer.campaign_code = campaign.campaign_code and newer.changed_at > campaign.changed_at
    )
order by campaign.planned_at, campaign.campaign_code
