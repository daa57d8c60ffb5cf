insert into stats.campaign_abuse_reports (
    campaign_id, report_id, list_id, subscriber_hash, reported_at, extra
)
select distinct on (landed.report_id)
    %(campaign_id)s,
    landed.report_id,
    landed.list_id,
    landed.subscriber_hash,
    landed.reported_at,
    landed.extra
from landing_abuse_reports as landed
order by landed.report_id
on conflict (campaign_id, report_id) do nothing;
