-- How people behave over time: busiest hours, cohorts, trend, segments, comparison with the audience's own
-- past, what drives people away. All from counts that are kept: nothing here reads old events.

-- ---------------------------------------------------------------- when people read, cohorts

create view mart.audience_hours as
select
    campaign.list_id,
    hours.weekday,
    hours.hour,
    sum(hours.opens)::bigint as opens,
    sum(hours.opens_without_proxy)::bigint as opens_without_proxy,
    sum(hours.clicks)::bigint as clicks,
    rank() over (
        partition by campaign.list_id
        order by sum(hours.clicks) desc, sum(hours.opens_without_proxy) desc
    ) as rank_in_audience
from mart.campaign_hours as hours
inner join stats.campaigns as campaign on hours.campaign_id = campaign.campaign_id
group by campaign.list_id, hours.weekday, hours.hour;
comment on view mart.audience_hours is
'When each audience opened and clicked, by hour of the week in the report time zone. Most opens follow soon '
'after the mail, so this depends on when mails were sent: it tells when people read; '
'when to send, mart.audience_sending_times.';
comment on column mart.audience_hours.list_id is 'The audience.';
comment on column mart.audience_hours.weekday is '1 Monday to 7 Sunday.';
comment on column mart.audience_hours.hour is 'Hour of the day, 0 to 23.';
comment on column mart.audience_hours.opens is 'Opens in that hour, proxies included.';
comment on column mart.audience_hours.opens_without_proxy is 'Opens not known to be by a proxy.';
comment on column mart.audience_hours.clicks is 'Clicks in that hour.';
comment on column mart.audience_hours.rank_in_audience is '1 is the hour with most clicks.';

create view mart.audience_best_times as
with days as (
    select
        list_id,
        weekday,
        row_number() over (
            partition by list_id order by sum(clicks) desc, sum(opens_without_proxy) desc, weekday asc
        ) as place
    from mart.audience_hours
    group by list_id, weekday
),

hours as (
    select
        list_id,
        hour,
        row_number() over (
            partition by list_id order by sum(clicks) desc, sum(opens_without_proxy) desc, hour asc
        ) as place
    from mart.audience_hours
    group by list_id, hour
)

select
    days.list_id,
    days.weekday as best_weekday,
    hours.hour as best_hour
from days
inner join hours on days.list_id = hours.list_id and hours.place = 1
where days.place = 1;
comment on view mart.audience_best_times is
'Busiest weekday and busiest hour of each audience, each by itself: most clicks, then most opens not by a '
'proxy. As mart.audience_hours it depends on when mails were sent: see mart.audience_sending_times.';
comment on column mart.audience_best_times.list_id is 'The audience.';
comment on column mart.audience_best_times.best_weekday is '1 Monday to 7 Sunday, in the report time zone.';
comment on column mart.audience_best_times.best_hour is 'Hour of the day, 0 to 23, in the report time zone.';

create view mart.audience_cohorts as
select
    campaign.list_id,
    cohort.cohort_month,
    (
        extract(year from age(cohort.month, cohort.cohort_month)) * 12
        + extract(month from age(cohort.month, cohort.cohort_month))
    )::integer as months_since_first,
    sum(cohort.delivered)::bigint as delivered,
    sum(cohort.openers)::bigint as openers,
    sum(cohort.human_openers)::bigint as openers_without_proxy,
    sum(cohort.clickers)::bigint as clickers,
    sum(cohort.unsubscribes)::bigint as unsubscribes,
    round(sum(cohort.openers) / nullif(sum(cohort.delivered), 0), 4) as open_rate,
    round(sum(cohort.human_openers) / nullif(sum(cohort.delivered), 0), 4) as open_rate_without_proxy,
    round(sum(cohort.clickers) / nullif(sum(cohort.delivered), 0), 4) as click_rate
from mart.campaign_cohort as cohort
inner join stats.campaigns as campaign on cohort.campaign_id = campaign.campaign_id
group by campaign.list_id, cohort.cohort_month, cohort.month;
comment on view mart.audience_cohorts is
'How members who began in the same month go on reading, month after month.';
comment on column mart.audience_cohorts.list_id is 'The audience.';
comment on column mart.audience_cohorts.cohort_month is 'Month of the members'' first campaign.';
comment on column mart.audience_cohorts.months_since_first is 'Months after it; 0 is the same month.';
comment on column mart.audience_cohorts.delivered is 'Mails delivered to the cohort in that month.';
comment on column mart.audience_cohorts.openers is 'Of these mails, those opened, proxies included.';
comment on column mart.audience_cohorts.openers_without_proxy is
'Those with an open not known to be by a proxy.';
comment on column mart.audience_cohorts.clickers is 'Those clicked in.';
comment on column mart.audience_cohorts.unsubscribes is 'Those unsubscribed through.';
comment on column mart.audience_cohorts.open_rate is 'openers per delivered mail.';
comment on column mart.audience_cohorts.open_rate_without_proxy is
'openers_without_proxy per delivered mail.';
comment on column mart.audience_cohorts.click_rate is 'clickers per delivered mail.';

-- ---------------------------------------------------------------- trend and segments

create table mart.segment_rule (
    only_row boolean primary key default true check (only_row),
    active_days integer not null default 60,
    dormant_days integer not null default 180,
    new_days integer not null default 30,
    champion_click_rate numeric not null default 0.2,
    champion_campaigns integer not null default 3,
    trend_months integer not null default 3 check (trend_months > 0),
    trend_step numeric not null default 0.1 check (trend_step > 0),
    mature_hours integer not null default 72 check (mature_hours > 0)
);
insert into mart.segment_rule default values;
comment on table mart.segment_rule is
'One row: the thresholds of mart.contact_segments, mart.contact_trend and mart.campaign_comparison, to be '
'changed by an update.';
comment on column mart.segment_rule.only_row is 'Always true.';
comment on column mart.segment_rule.active_days is
'Read or clicked within so many days: active, else cooling.';
comment on column mart.segment_rule.dormant_days is 'Neither read nor clicked for so many days: dormant.';
comment on column mart.segment_rule.new_days is
'First campaign within so many days and nothing read yet: new.';
comment on column mart.segment_rule.champion_click_rate is
'Active and clicks in at least this part of campaigns: champion.';
comment on column mart.segment_rule.champion_campaigns is 'A champion got at least so many campaigns.';
comment on column mart.segment_rule.trend_months is
'Length of both windows of the trend: this month and those before it, against as many before these.';
comment on column mart.segment_rule.trend_step is
'Change of the engaged part of campaigns (0 to 1) from which on a trend is rising or falling.';
comment on column mart.segment_rule.mature_hours is
'Age from which on a campaign is compared with others: most who will read it have by then.';

create view mart.contact_trend as
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
    end as trend
from rated
inner join mart.contacts as contact on rated.contact_key = contact.contact_key
where not contact.is_erased;
comment on view mart.contact_trend is
'Each contact''s recent months beside those before: rising, falling, steady, or unknown where nothing was '
'delivered in one of them; without erased people. Windows and step are those of mart.segment_rule; opens by '
'proxies do not count.';
comment on column mart.contact_trend.contact_key is 'The person: mart.contacts.';
comment on column mart.contact_trend.contact_id is 'Contact of the CRM; null if the member is not ours.';
comment on column mart.contact_trend.recent_delivered is 'Campaigns of the recent months that arrived.';
comment on column mart.contact_trend.recent_engaged is 'Of them, those read or clicked in.';
comment on column mart.contact_trend.recent_clicks is 'Clicks in campaigns of the recent months.';
comment on column mart.contact_trend.recent_rate is 'recent_engaged per recent_delivered.';
comment on column mart.contact_trend.previous_delivered is 'Campaigns of the months before that arrived.';
comment on column mart.contact_trend.previous_engaged is 'Of them, those read or clicked in.';
comment on column mart.contact_trend.previous_clicks is 'Clicks in campaigns of the months before.';
comment on column mart.contact_trend.previous_rate is 'previous_engaged per previous_delivered.';
comment on column mart.contact_trend.change is 'recent_rate less previous_rate.';
comment on column mart.contact_trend.trend is 'rising, falling, steady or unknown.';

-- ---------------------------------------------------------------- segments

create view mart.contact_segments as
select
    engagement.engagement_key,
    engagement.contact_id,
    engagement.campaigns_delivered,
    engagement.open_rate_without_proxy,
    engagement.click_rate,
    behaviour.last_engaged_at,
    extract(day from now() - behaviour.last_engaged_at)::integer as days_since_engaged,
    case
        when contact.current_audiences = 0 and contact.cleaned_audiences < contact.audiences then 'left'
        when contact.current_audiences = 0 or engagement.campaigns_delivered = 0 then 'unreachable'
        when
            behaviour.last_engaged_at is null
            and engagement.first_sent_at > now() - make_interval(days => rule.new_days)
            then 'new'
        when behaviour.last_engaged_at is null then 'never_opened'
        when behaviour.last_engaged_at < now() - make_interval(days => rule.dormant_days) then 'dormant'
        when behaviour.last_engaged_at < now() - make_interval(days => rule.active_days) then 'cooling'
        when
            engagement.campaigns_delivered >= rule.champion_campaigns
            and engagement.click_rate >= rule.champion_click_rate
            then 'champion'
        else 'active'
    end as segment
from mart.contact_engagement as engagement
inner join mart.contacts as contact on engagement.engagement_key = contact.contact_key
cross join mart.segment_rule as rule
cross join
    lateral (
        values (greatest(engagement.last_click_at, engagement.last_open_without_proxy_at))
    ) as behaviour (last_engaged_at)
where not contact.is_erased;
comment on view mart.contact_segments is
'Each contact''s segment: left, unreachable, new, never_opened, dormant, cooling, champion, active. The '
'first that fits in this order, with the thresholds of mart.segment_rule. Left is who is gone from every '
'audience, unless only because the address bounced; opens by proxies do not count. Erased people are '
'in none.';
comment on column mart.contact_segments.engagement_key is 'Key of the row, as in mart.contact_engagement.';
comment on column mart.contact_segments.contact_id is 'Contact of the CRM; null if the member is not ours.';
comment on column mart.contact_segments.campaigns_delivered is 'Campaigns that arrived.';
comment on column mart.contact_segments.open_rate_without_proxy is 'Campaigns read per campaign delivered.';
comment on column mart.contact_segments.click_rate is 'Campaigns clicked in per campaign delivered.';
comment on column mart.contact_segments.last_engaged_at is
'Newest click, or open not known to be by a proxy.';
comment on column mart.contact_segments.days_since_engaged is 'Whole days since then.';
comment on column mart.contact_segments.segment is 'The segment.';

-- ---------------------------------------------------------------- comparison and departures

create view mart.campaign_comparison as
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

create view mart.audience_sending_times as
select
    performance.list_id,
    campaign.sent_weekday as weekday,
    campaign.sent_hour as hour,
    count(*) as campaigns,
    sum(performance.delivered)::bigint as delivered,
    round(sum(performance.unique_opens_without_proxy) / nullif(sum(performance.delivered), 0), 4)
        as open_rate_without_proxy,
    round(sum(performance.unique_clicks) / nullif(sum(performance.delivered), 0), 4) as click_rate,
    round(sum(performance.unsubscribes) / nullif(sum(performance.delivered), 0), 4) as unsubscribe_rate
from mart.campaign_comparison as comparison
inner join mart.campaign_performance as performance on comparison.campaign_id = performance.campaign_id
inner join mart.campaigns as campaign on comparison.campaign_id = campaign.campaign_id
where comparison.is_mature and campaign.sent_hour is not null
group by performance.list_id, campaign.sent_weekday, campaign.sent_hour;
comment on view mart.audience_sending_times is
'How campaigns did by the weekday and hour they were sent at, in the report time zone: per delivered mail, '
'so that hours with much mail do not win by that. Mature campaigns (mart.campaign_comparison) only. Few '
'campaigns say little: what was sent counts more than when.';
comment on column mart.audience_sending_times.list_id is 'The audience.';
comment on column mart.audience_sending_times.weekday is '1 Monday to 7 Sunday.';
comment on column mart.audience_sending_times.hour is 'Hour of sending, 0 to 23.';
comment on column mart.audience_sending_times.campaigns is 'Campaigns sent then.';
comment on column mart.audience_sending_times.delivered is 'Mails of them that arrived.';
comment on column mart.audience_sending_times.open_rate_without_proxy is
'Members who opened, without proxies, per delivered mail.';
comment on column mart.audience_sending_times.click_rate is 'Members who clicked per delivered mail.';
comment on column mart.audience_sending_times.unsubscribe_rate is
'Members who unsubscribed per delivered mail.';

create view mart.unsubscribe_drivers as
select
    unsubscribe.campaign_id,
    unsubscribe.list_id,
    unsubscribe.subscriber_hash,
    member.contact_id,
    unsubscribe.unsubscribed_at,
    unsubscribe.reason,
    case
        when not campaign.is_ongoing
            then round(extract(epoch from unsubscribe.unsubscribed_at - campaign.sent_at) / 3600, 1)
    end as hours_after_sending,
    (
        select count(*)
        from mart.campaign_recipients as earlier
        where
            earlier.subscriber_hash = unsubscribe.subscriber_hash
            and earlier.list_id = unsubscribe.list_id
            and earlier.received_at <= unsubscribe.unsubscribed_at
            and earlier.received_at > unsubscribe.unsubscribed_at - interval '30 days'
    ) as campaigns_in_30_days_before,
    extract(
        day from unsubscribe.unsubscribed_at - engagement.first_sent_at
    )::integer as days_since_first_campaign,
    coalesce(engagement.campaigns_human_opened > 0, false) as had_ever_read
from stats.campaign_unsubscribes as unsubscribe
inner join stats.campaigns as campaign on unsubscribe.campaign_id = campaign.campaign_id
left join mart.member_engagement as engagement
    on
        unsubscribe.list_id = engagement.list_id
        and unsubscribe.subscriber_hash = engagement.subscriber_hash
left join mart.members as member
    on
        unsubscribe.list_id = member.list_id
        and unsubscribe.subscriber_hash = member.subscriber_hash;
comment on view mart.unsubscribe_drivers is 'Each unsubscribe with what came before it.';
comment on column mart.unsubscribe_drivers.campaign_id is 'The campaign.';
comment on column mart.unsubscribe_drivers.list_id is 'The audience.';
comment on column mart.unsubscribe_drivers.subscriber_hash is 'The member: md5 of the lower-cased address.';
comment on column mart.unsubscribe_drivers.contact_id is
'Contact of the CRM; null if the member is not ours.';
comment on column mart.unsubscribe_drivers.unsubscribed_at is 'When.';
comment on column mart.unsubscribe_drivers.reason is 'Reason the person gave, in Mailchimp''s words.';
comment on column mart.unsubscribe_drivers.hours_after_sending is
'Hours since the campaign was sent; null for campaigns without an end.';
comment on column mart.unsubscribe_drivers.campaigns_in_30_days_before is
'Campaigns of the audience that the member got in the 30 days before, this one included.';
comment on column mart.unsubscribe_drivers.days_since_first_campaign is
'Whole days since the first campaign the member got in the audience.';
comment on column mart.unsubscribe_drivers.had_ever_read is
'Whether the member has ever read a campaign of the audience; opens by proxies do not count.';

create view mart.unsubscribe_frequency as
select
    mails_in_30_days,
    sum(mails)::bigint as mails,
    sum(unsubscribes)::bigint as unsubscribes,
    round(sum(unsubscribes) / sum(mails), 6) as unsubscribe_rate
from mart.member_frequency
group by mails_in_30_days;
comment on view mart.unsubscribe_frequency is
'Whether more mail drives people away: of the mails that were a member''s first, second and so on of the '
'audience within 30 days, the part after which the member left before the next one came. Per mail received, '
'so that who leaves early and gets no more mail does not count as somebody who got little. A rate that is '
'the same in each row says that the number of mails makes no difference. Counted are unsubscribes through '
'campaigns; the newest mail counts from the day it is sent, before everybody it drives away has left.';
comment on column mart.unsubscribe_frequency.mails_in_30_days is
'Mails of the audience that arrived within the 30 days up to this one, itself included; 10 stands for 10 or '
'more.';
comment on column mart.unsubscribe_frequency.mails is 'Mails that were the so manieth for who got them.';
comment on column mart.unsubscribe_frequency.unsubscribes is
'Unsubscribes at or after them and before the next mail, whichever mail''s link was used.';
comment on column mart.unsubscribe_frequency.unsubscribe_rate is 'unsubscribes per mail (0 to 1).';
