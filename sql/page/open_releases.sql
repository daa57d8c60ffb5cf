-- Questions about closed gates that wait for a person's decision. A question has ended if the campaign's gate
-- has opened since, or has closed for more. An answer would release nothing.
select
    release.gate_id,
    gate.campaign_code,
    release.requested_at,
    array(
        select reason ->> 'code'
        from jsonb_array_elements(gate.reasons) as reason
    ) as reasons
from sync.campaign_release as release
inner join sync.campaign_gate as gate on release.gate_id = gate.gate_id
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
where
    release.decision is null
    and not newest.is_open
    and not exists (
        select from jsonb_array_elements(newest.reasons) as reason
        where not reason ->> 'key' = any(release.keys)
    )
order by release.gate_id;
