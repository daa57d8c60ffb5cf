-- Whether the report counts opens without proxies, or some member has more opens than the limit.
select
    report.proxy_excluded_opens is not null
    or exists (
        select 1 from stats.recipient_engagement as engagement
        where engagement.campaign_id = report.campaign_id and engagement.opens >= %(cap)s
    ) as matter
from stats.latest_report as report
where report.campaign_id = %(campaign_id)s; -- noqa: RF02
