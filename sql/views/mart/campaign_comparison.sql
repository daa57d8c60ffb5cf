create or replace view mart.campaign_comparison as
with read_by as (
    select max(began_at) as last_read_at from stats.report_listing
),

judged as (
    select
        performance.*,
        campaign.counted_at,
        campaign.is_ongoing,
        not campaign.is_ongoing
        and greatest(performance.reported_at, read_by.last_read_at)
        >= campaign.counted_at + make_interval(hours => rule.mature_hours) as is_mature
    from mart.campaign_performance as performance
    inner join stats.campaigns as campaign on performance.campaign_id = campaign.campaign_id
    cross join read_by
    cross join mart.segment_rule as rule
),

compared as (
    select
        judged.*,
        round(avg(judged.open_rate_without_proxy) filter (where judged.is_mature) over past, 4)
            as past_open_rate_without_proxy,
        round(avg(judged.click_rate) filter (where judged.is_mature) over past, 4) as past_click_rate,
        round(avg(judged.unsubscribe_rate) filter (where judged.is_mature) over past, 4)
            as past_unsubscribe_rate,
        count(*) filter (where judged.is_mature) over past as past_campaigns
    from judged
    window past as (
        partition by judged.list_id, judged.is_ongoing order by judged.counted_at, judged.campaign_id
        rows between 10 preceding and 1 preceding
    )
)

select
    campaign_id,
    list_id,
    campaign_title,
    sent_at,
    sent_on,
    is_mature,
    open_rate_without_proxy,
    click_rate,
    unsubscribe_rate,
    past_open_rate_without_proxy,
    past_click_rate,
    past_unsubscribe_rate,
    case
        when is_mature then open_rate_without_proxy - past_open_rate_without_proxy
    end as open_rate_difference,
    case when is_mature then click_rate - past_click_rate end as click_rate_difference,
    past_campaigns
from compared;
comment on view mart.campaign_comparison is
'Each campaign beside the average of the up to ten campaigns before it in the same audience, each campaign '
'counting the same whatever its size. Campaigns that people are still reading (is_mature) are not compared.';
comment on column mart.campaign_comparison.campaign_id is 'The campaign.';
comment on column mart.campaign_comparison.list_id is 'The audience.';
comment on column mart.campaign_comparison.campaign_title is 'Internal title.';
comment on column mart.campaign_comparison.sent_at is 'When it was sent.';
comment on column mart.campaign_comparison.sent_on is 'That day in the report time zone.';
comment on column mart.campaign_comparison.is_mature is
'Whether its figures were read when it was mature_hours old (mart.segment_rule), so that most who will read '
'it had; never for campaigns without an end.';
comment on column mart.campaign_comparison.open_rate_without_proxy is 'Its open rate without proxies.';
comment on column mart.campaign_comparison.click_rate is 'Its click rate.';
comment on column mart.campaign_comparison.unsubscribe_rate is 'Its unsubscribe rate.';
comment on column mart.campaign_comparison.past_open_rate_without_proxy is
'Average of the mature ones before it.';
comment on column mart.campaign_comparison.past_click_rate is 'Average of the mature ones before it.';
comment on column mart.campaign_comparison.past_unsubscribe_rate is
'Average of the mature ones before it.';
comment on column mart.campaign_comparison.open_rate_difference is
'open_rate_without_proxy less its past average; null until it is mature.';
comment on column mart.campaign_comparison.click_rate_difference is
'click_rate less its past average; null until it is mature.';
comment on column mart.campaign_comparison.past_campaigns is 'How many campaigns the averages are of.';
