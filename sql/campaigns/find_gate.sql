-- A gate's decision, and whether the campaign's newest decision is still closed. With what people know the
-- campaign by: all null if it is not known any more.
select
    gate.gate_id,
    gate.campaign_id,
    gate.campaign_code,
    gate.is_open,
    gate.reasons,
    gate.recipients,
    newest.is_open as is_open_now,
    newest.reasons as reasons_now,
    campaign.collection_code,
    campaign.account,
    campaign.planned_at
from sync.campaign_gate as gate
cross join
    lateral (
        select
            decision.is_open,
            decision.reasons
        from sync.campaign_gate as decision
        where decision.campaign_id = gate.campaign_id
        order by decision.gate_id desc
        limit 1
    ) as newest
left join sync.campaign as campaign on gate.campaign_id = campaign.campaign_id
where gate.gate_id = %(gate_id)s
