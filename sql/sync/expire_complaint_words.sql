-- The complaint stays, without the rest of its record.
update stats.campaign_abuse_reports as kept
set extra = null
from (
    select
        campaign_id,
        report_id
    from stats.campaign_abuse_reports
    where extra is not null and reported_at < %(now)s::timestamptz - make_interval(days => %(days)s)
    limit %(batch)s
) as old
where kept.campaign_id = old.campaign_id and kept.report_id = old.report_id
