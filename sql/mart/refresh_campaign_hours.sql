-- Campaigns whose events retention has removed keep what was counted.
with changed as (
    select changed_campaign.campaign_id
    from changed_campaign
    inner join stats.campaigns as campaign on changed_campaign.campaign_id = campaign.campaign_id
    where campaign.events_expired_at is null
)

insert into mart.campaign_hours as kept (
    campaign_id, weekday, hour, opens, opens_without_proxy, clicks
)
select
    event.campaign_id,
    extract(isodow from event.occurred_at at time zone setting.report_time_zone)::smallint as weekday,
    extract(hour from event.occurred_at at time zone setting.report_time_zone)::smallint as hour,
    count(*) filter (where event.action = 'open') as opens,
    count(*) filter (
        where event.action = 'open' and event.is_proxy_open is not true
    ) as opens_without_proxy,
    count(*) filter (where event.action = 'click') as clicks
from changed
inner join stats.campaign_activities as event on changed.campaign_id = event.campaign_id
cross join mart.setting as setting
where event.action in ('open', 'click')
group by event.campaign_id, weekday, hour
on conflict (campaign_id, weekday, hour) do update
    set
        opens = excluded.opens,
        opens_without_proxy = excluded.opens_without_proxy,
        clicks = excluded.clicks
    where
    (kept.opens, kept.opens_without_proxy, kept.clicks)
    is distinct from (excluded.opens, excluded.opens_without_proxy, excluded.clicks);
