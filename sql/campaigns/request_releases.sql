-- Asks about campaigns whose newest decision is closed only for reasons that a person may release. It does
-- not ask again while the same reasons wait for an answer, or while an answer holds.
insert into sync.campaign_release (gate_id, campaign_id, keys)
select
    gate.gate_id,
    gate.campaign_id,
    array(
        select reason ->> 'key'
        from jsonb_array_elements(gate.reasons) as reason
    ) as keys
from (
    select distinct on (campaign_id) *
    from sync.campaign_gate
    order by campaign_id asc, gate_id desc
) as gate
where
    not gate.is_open
    and gate.campaign_code = any(%(codes)s::text[])
    and not exists (
        select from jsonb_array_elements(gate.reasons) as reason
        where not (reason ->> 'may_be_released')::boolean
    )
    and not exists (
        select from sync.campaign_release as release
        where
            release.campaign_id = gate.campaign_id
            and release.decision is distinct from 'superseded'
            and (
                release.expires_at is null
                or (release.expires_at > now() and release.decided_at <= now() + interval '1 minute')
            )
            and release.keys @> array(
                select reason ->> 'key'
                from jsonb_array_elements(gate.reasons) as reason
            )
    )
on conflict (gate_id) do nothing
