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
        round(avg(judged.click_rate_without_bots) filter (where judged.is_mature) over past, 4)
            as past_click_rate_without_bots,
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
    past_campaigns,
    click_rate_without_bots,
    past_click_rate_without_bots,
    case
        when is_mature then click_rate_without_bots - past_click_rate_without_bots
    end as click_rate_difference_without_bots
from compared;
comment on view mart.campaign_comparison is
'Each campaign beside the average of up to ten campaigns before it in the same audience. Each campaign '
'counts the same, whatever its size. The averages leave out campaigns that are not yet mature (is_mature).';
comment on column mart.campaign_comparison.campaign_id is 'Campaign: mart.campaigns.';
comment on column mart.campaign_comparison.list_id is 'Audience: mart.lists; null if Mailchimp names none.';
comment on column mart.campaign_comparison.campaign_title is 'Internal title.';
comment on column mart.campaign_comparison.sent_at is 'Time of sending; null if Mailchimp gives none.';
comment on column mart.campaign_comparison.sent_on is
'Day of sending in the report time zone; day of creation if Mailchimp gives no time of sending.';
comment on column mart.campaign_comparison.is_mature is
'Whether the figures were read mature_hours after sending (mart.segment_rule) or later. By then most '
'readers have read the mail. Always false for campaigns without an end.';
comment on column mart.campaign_comparison.open_rate_without_proxy is
'Members who opened, without proxies, per delivered mail (0 to 1); null if nothing was delivered.';
comment on column mart.campaign_comparison.click_rate is
'Members who clicked per delivered mail (0 to 1); null if nothing was delivered.';
comment on column mart.campaign_comparison.unsubscribe_rate is
'Members who unsubscribed per delivered mail (0 to 1); null if nothing was delivered.';
comment on column mart.campaign_comparison.past_open_rate_without_proxy is
'Average of open_rate_without_proxy over the mature campaigns before it (0 to 1); null without one.';
comment on column mart.campaign_comparison.past_click_rate is
'Average of click_rate over the mature campaigns before it (0 to 1); null without one.';
comment on column mart.campaign_comparison.past_unsubscribe_rate is
'Average of unsubscribe_rate over the mature campaigns before it (0 to 1); null without one.';
comment on column mart.campaign_comparison.open_rate_difference is
'open_rate_without_proxy minus its past average (-1 to 1); null until the campaign is mature, and without '
'an average.';
comment on column mart.campaign_comparison.click_rate_difference is
'click_rate minus its past average (-1 to 1); null until the campaign is mature, and without an average.';
comment on column mart.campaign_comparison.click_rate_without_bots is
'Members who clicked, without scanners, per delivered mail (0 to 1); null if nothing was delivered.';
comment on column mart.campaign_comparison.past_click_rate_without_bots is
'Average of click_rate_without_bots over the mature campaigns before it (0 to 1); null without one.';
comment on column mart.campaign_comparison.click_rate_difference_without_bots is
'click_rate_without_bots minus its past average (-1 to 1); null until the campaign is mature, and without an '
'average.';
comment on column mart.campaign_comparison.past_campaigns is 'Number of campaigns in the averages: 0 to 10.';
