-- Questions about closed gates that wait for a person's decision.
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
where release.decision is null
order by release.gate_id;
