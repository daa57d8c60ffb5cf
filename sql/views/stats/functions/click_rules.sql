create or replace function stats.click_rules(campaign stats.campaigns, rule mart.segment_rule) returns text
language sql stable as $$
    select
        md5(
            concat_ws(
                ' ', rule.bot_fewest_links, rule.bot_link_share, rule.bot_seconds_per_link,
                rule.bot_delivery_seconds, rule.bot_early_seconds, rule.bot_open_seconds,
                rule.bot_network_people, rule.bot_network_seconds,
                extract(epoch from campaign.sent_at), campaign.is_ongoing
            )
        )
$$;
comment on function stats.click_rules is
'Digest of what the judgement of a campaign''s clicks depends on besides the events. These are the limits '
'and the time of sending. It is in stats.judged_clicks.';
