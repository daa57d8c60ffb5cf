-- The newest gate that waits for a person's answer; of one campaign, if its code is given.
select release.gate_id
from sync.campaign_release as release
inner join sync.campaign_gate as gate on release.gate_id = gate.gate_id
where
    release.decision is null
    and (%(campaign_code)s::text is null or gate.campaign_code = %(campaign_code)s::text)
order by release.gate_id desc
limit 1
