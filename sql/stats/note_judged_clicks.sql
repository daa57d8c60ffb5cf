insert into stats.judged_clicks as kept (campaign_id, rules)
select
    campaign.campaign_id,
    stats.click_rules(campaign, rule) as rules
from stats.campaigns as campaign
cross join mart.segment_rule as rule
where campaign.campaign_id = %(campaign_id)s
on conflict (campaign_id) do update set rules = excluded.rules, judged_at = clock_timestamp();
