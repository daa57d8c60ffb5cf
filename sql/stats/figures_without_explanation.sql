select
    campaign_id,
    metric,
    ours,
    mailchimps,
    detail,
    count(*) over () as figures,
    dense_rank() over (order by campaign_id) + dense_rank() over (order by campaign_id desc) - 1 as campaigns
from stats.reconciliation
where
    unexplained_since <= now() - make_interval(hours => %(hours)s)
    -- A clock that was ahead noted it: nobody knows how long it has been so.
    or unexplained_since > now() + interval '1 minute'
order by campaign_id, metric
limit 20;
