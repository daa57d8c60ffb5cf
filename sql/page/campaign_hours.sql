-- Opens and clicks of a campaign, hour by hour, since its first one.
select
    date_trunc('hour', quarter.began_at) as began_at,
    sum(quarter.opens)::bigint as opens,
    sum(quarter.opens - quarter.proxy_opens)::bigint as opens_without_proxy,
    sum(quarter.clicks)::bigint as clicks
from mart.campaign_quarter_hours as quarter
where quarter.campaign_id = %(campaign_id)s
group by 1
order by 1
limit %(most)s;
