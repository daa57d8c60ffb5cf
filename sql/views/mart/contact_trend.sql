create or replace view mart.contact_trend as
with this_month as (
    select date_trunc('month', now() at time zone report_time_zone) as began_on
    from mart.setting
),

windows as (
    select
        (this_month.began_on - make_interval(months => rule.trend_months - 1))::date as recent_from,
        (this_month.began_on - make_interval(months => 2 * rule.trend_months - 1))::date as previous_from,
        rule.trend_step
    from this_month
    cross join mart.segment_rule as rule
),

counted as (
    select
        months.contact_key,
        windows.trend_step,
        coalesce(sum(months.campaigns_delivered) filter (where months.month >= windows.recent_from), 0)
            as recent_delivered,
        coalesce(sum(months.campaigns_engaged) filter (where months.month >= windows.recent_from), 0)
            as recent_engaged,
        coalesce(sum(months.clicks) filter (where months.month >= windows.recent_from), 0) as recent_clicks,
        coalesce(
            sum(months.clicks_without_bots) filter (where months.month >= windows.recent_from), 0
        ) as recent_clicks_without_bots,
        coalesce(
            sum(months.clicks_without_bots) filter (where months.month < windows.recent_from), 0
        ) as previous_clicks_without_bots,
        coalesce(sum(months.campaigns_delivered) filter (where months.month < windows.recent_from), 0)
            as previous_delivered,
        coalesce(sum(months.campaigns_engaged) filter (where months.month < windows.recent_from), 0)
            as previous_engaged,
        coalesce(sum(months.clicks) filter (where months.month < windows.recent_from), 0) as previous_clicks
    from mart.contact_months as months
    cross join windows
    where months.month >= windows.previous_from
    group by months.contact_key, windows.trend_step
),

rated as (
    select
        counted.*,
        round(counted.recent_engaged / nullif(counted.recent_delivered, 0), 4) as recent_rate,
        round(counted.previous_engaged / nullif(counted.previous_delivered, 0), 4) as previous_rate
    from counted
)

select
    rated.contact_key,
    contact.contact_id,
    rated.recent_delivered::bigint as recent_delivered,
    rated.recent_engaged::bigint as recent_engaged,
    rated.recent_clicks::bigint as recent_clicks,
    rated.recent_rate,
    rated.previous_delivered::bigint as previous_delivered,
    rated.previous_engaged::bigint as previous_engaged,
    rated.previous_clicks::bigint as previous_clicks,
    rated.previous_rate,
    rated.recent_rate - rated.previous_rate as change,
    case
        when rated.recent_rate is null or rated.previous_rate is null then 'unknown'
        when rated.recent_rate - rated.previous_rate >= rated.trend_step then 'rising'
        when rated.recent_rate - rated.previous_rate <= -rated.trend_step then 'falling'
        else 'steady'
    end as trend,
    rated.recent_clicks_without_bots::bigint as recent_clicks_without_bots,
    rated.previous_clicks_without_bots::bigint as previous_clicks_without_bots
from rated
inner join mart.contacts as contact on rated.contact_key = contact.contact_key
where not contact.is_erased;
comment on view mart.contact_trend is
'Each person''s recent months beside the months before them: rising, falling, steady, or unknown. It is '
'unknown if nothing was delivered in one of the two periods. The table mart.segment_rule sets the length '
'of the periods and the smallest change that counts. Opens by proxies and clicks of scanners do '
'not count. Erased persons have no row.';
comment on column mart.contact_trend.contact_key is 'Person: mart.contacts.';
comment on column mart.contact_trend.contact_id is 'Contact of the CRM; null if the member is not ours.';
comment on column mart.contact_trend.recent_delivered is
'Campaigns of the recent months that were delivered.';
comment on column mart.contact_trend.recent_engaged is
'Campaigns of recent_delivered that the person read or clicked in.';
comment on column mart.contact_trend.recent_clicks is 'Clicks in campaigns of the recent months.';
comment on column mart.contact_trend.recent_clicks_without_bots is
'Clicks in campaigns of the recent months that are not of scanners.';
comment on column mart.contact_trend.previous_clicks_without_bots is
'Clicks in campaigns of the months before that are not of scanners.';
comment on column mart.contact_trend.recent_rate is
'recent_engaged per recent_delivered (0 to 1); null if nothing was delivered.';
comment on column mart.contact_trend.previous_delivered is
'Campaigns of the months before that were delivered.';
comment on column mart.contact_trend.previous_engaged is
'Campaigns of previous_delivered that the person read or clicked in.';
comment on column mart.contact_trend.previous_clicks is 'Clicks in campaigns of the months before.';
comment on column mart.contact_trend.previous_rate is
'previous_engaged per previous_delivered (0 to 1); null if nothing was delivered.';
comment on column mart.contact_trend.change is
'recent_rate minus previous_rate (-1 to 1); null if one of them is null.';
comment on column mart.contact_trend.trend is 'rising, falling, steady or unknown.';
