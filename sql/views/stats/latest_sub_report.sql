create or replace view stats.latest_sub_report as
select distinct on (campaign_id, part_id) * -- noqa: AM04
from stats.sub_report_snapshots
order by campaign_id asc, part_id asc, taken_at desc;
comment on view stats.latest_sub_report is 'The newest snapshot of the report of each part of a campaign.';
select stats.describe_as('stats.latest_sub_report', 'stats.sub_report_snapshots');
