-- The figures of a sent campaign; rates are 0 to 1.
select
    to_jsonb(performance) as figures,
    performance.list_id
from mart.campaign_performance as performance
where performance.campaign_id = %(campaign_id)s;
