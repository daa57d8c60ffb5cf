-- A campaign beside the earlier ones of its audience.
select
    comparison.is_mature,
    comparison.past_campaigns,
    comparison.open_rate_without_proxy,
    comparison.past_open_rate_without_proxy,
    comparison.click_rate,
    comparison.past_click_rate,
    comparison.click_rate_without_bots,
    comparison.past_click_rate_without_bots,
    comparison.unsubscribe_rate,
    comparison.past_unsubscribe_rate
from mart.campaign_comparison as comparison
where comparison.campaign_id = %(campaign_id)s and comparison.list_id = %(list_id)s;
