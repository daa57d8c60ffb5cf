-- Whether the newest decision about this campaign, in its present form, was open.
select
    (
        decision.is_open
        and coalesce(decision.gdpr_category, '') = coalesce(%(gdpr_category)s::text, '')
        and decision.list_id = %(list_id)s
    ) as is_open
from sync.campaign_gate as decision
where
    decision.campaign_id = %(campaign_id)s
    and decision.provider_campaign_id = %(provider_campaign_id)s
order by decision.gate_id desc
limit 1
