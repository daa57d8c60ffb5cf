-- The first answer about a gate counts. A person may also answer about a gate without a request.
insert into sync.campaign_release as release (
    gate_id, campaign_id, keys, decision, decided_by, decided_at, expires_at
)
select
    gate.gate_id,
    gate.campaign_id,
    array(
        select reason ->> 'key'
        from jsonb_array_elements(gate.reasons) as reason
    ) as keys,
    %(decision)s,
    %(decided_by)s,
    now() as decided_at,
    now() + %(holds)s as expires_at
from sync.campaign_gate as gate
where gate.gate_id = %(gate_id)s
on conflict (gate_id) do update
    set
        decision = excluded.decision,
        decided_by = excluded.decided_by,
        decided_at = excluded.decided_at,
        expires_at = excluded.expires_at
    where release.decision is null
