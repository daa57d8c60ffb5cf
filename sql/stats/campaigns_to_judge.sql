-- Campaigns whose events were read and whose clicks were not judged by the present limits. Looked up by the
-- keys, one campaign at a time.
select campaign.campaign_id
from stats.campaigns as campaign
cross join mart.segment_rule as rule
left join lateral (
    select judged.rules
    from stats.judged_clicks as judged
    where judged.campaign_id = campaign.campaign_id
    offset 0
) as known on true
where
    known.rules is distinct from stats.click_rules(campaign, rule)
    and (
        select true
        from stats.stream_state as state
        where state.campaign_id = campaign.campaign_id and state.stream = 'activity'
    )
order by campaign.campaign_id;
