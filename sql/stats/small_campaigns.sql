-- Of these campaigns, those that went to few people. Each list of their report is one page.
select report.campaign_id
from stats.latest_report as report
where
    report.campaign_id = any(%(campaigns)s) -- noqa: RF02
    and report.emails_sent <= %(most)s; -- noqa: RF02
