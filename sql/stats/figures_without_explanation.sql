select
    campaign_id,
    metric,
    ours,
    mailchimps,
    detail,
    count(*) over () as figures,
    dense_rank() over (order by campaign_id) + dense_rank() over (order by campaign_id desc) - 1 as campaigns
from stats.reconciliation
where unexplained_since <= now() - make_interval(hours => %(hours)s)
order by campaign_id, metric
limit 20;
