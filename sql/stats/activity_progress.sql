select
    known.complete_through,
    greatest(report.last_open_at, report.last_click_at) as report_through
from stats.latest_report as report
left join stats.stream_state as known
    on report.campaign_id = known.campaign_id and known.stream = 'activity'
where report.campaign_id = %(campaign_id)s; -- noqa: RF02
