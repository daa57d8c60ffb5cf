create or replace view stats.latest_report as
select newest.* -- noqa: AM04
from stats.campaigns as campaign
cross join lateral (
    select snapshot.*
    from stats.report_snapshots as snapshot
    where snapshot.campaign_id = campaign.campaign_id
    order by snapshot.taken_at desc
    limit 1
) as newest;
comment on view stats.latest_report is 'The newest snapshot of each campaign''s report.';
select stats.describe_as('stats.latest_report', 'stats.report_snapshots');
