insert into mart.contact_months (
    contact_key, month, campaigns_received, campaigns_delivered, campaigns_opened,
    campaigns_opened_without_proxy, campaigns_clicked, campaigns_engaged, opens,
    opens_without_proxy, clicks, unsubscribes, campaigns_clicked_without_bots, clicks_without_bots
)
select
    contact_key,
    month,
    count(*) as campaigns_received,
    count(*) filter (where delivered) as campaigns_delivered,
    count(*) filter (where opens > 0) as campaigns_opened,
    count(*) filter (where opens > proxy_opens) as campaigns_opened_without_proxy,
    count(*) filter (where clicks > 0) as campaigns_clicked,
    count(*) filter (where clicks > bot_clicks or opens > proxy_opens) as campaigns_engaged,
    sum(opens)::bigint as opens,
    sum(opens - proxy_opens)::bigint as opens_without_proxy,
    sum(clicks)::bigint as clicks,
    count(unsubscribed_at) as unsubscribes,
    count(*) filter (where clicks > bot_clicks) as campaigns_clicked_without_bots,
    sum(clicks - bot_clicks)::bigint as clicks_without_bots
from received
where month is not null
group by contact_key, month;
