select
    report.opens_total - count(*) filter (where event.action = 'open') as opens,
    report.clicks_total - count(*) filter (where event.action = 'click') as clicks,
    report.hard_bounces - count(*) filter (where event.bounce_type = 'hard') as hard_bounces,
    report.soft_bounces - count(*) filter (where event.bounce_type = 'soft') as soft_bounces
from stats.latest_report as report
left join stats.campaign_activities as event on report.campaign_id = event.campaign_id
where report.campaign_id = %(campaign_id)s -- noqa: RF02
group by report.opens_total, report.clicks_total, report.hard_bounces, report.soft_bounces;
