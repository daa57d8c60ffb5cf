-- Events that retention has removed are still counted per recipient.
select
    report.opens_total - coalesce(sum(engagement.opens), 0) as opens,
    report.clicks_total - coalesce(sum(engagement.clicks), 0) as clicks,
    report.hard_bounces - coalesce(sum(engagement.hard_bounces), 0) as hard_bounces,
    report.soft_bounces - coalesce(sum(engagement.soft_bounces), 0) as soft_bounces
from stats.latest_report as report
left join stats.recipient_engagement as engagement on report.campaign_id = engagement.campaign_id
where report.campaign_id = %(campaign_id)s -- noqa: RF02
group by report.opens_total, report.clicks_total, report.hard_bounces, report.soft_bounces;
