-- Requests for a release without an answer.
select
    release.gate_id as number,
    now() - release.requested_at as age
from sync.campaign_release as release
inner join sync.campaign_gate as gate on release.gate_id = gate.gate_id
where release.decision is null and gate.campaign_code = any(%(codes)s::text[])
order by release.gate_id
