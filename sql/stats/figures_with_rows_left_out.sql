-- Figures that differ because rows of the report could not be read; a few of the newest.
select
    campaign_id,
    metric,
    ours,
    mailchimps,
    detail
from stats.reconciliation
where explanation = 'left_out_rows'
order by checked_at desc, campaign_id asc, metric asc
limit 20;
