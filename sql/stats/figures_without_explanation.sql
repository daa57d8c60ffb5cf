select
    campaign_id,
    metric,
    ours,
    mailchimps
from stats.reconciliation
where unexplained_since < now() - make_interval(hours => %(hours)s)
order by campaign_id, metric
limit 50;
