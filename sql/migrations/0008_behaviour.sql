-- How people behave over time: segments, best hours, comparison with the audience's own past,
-- cohorts, what drives people away. Counts per campaign are kept, so nothing here reads old events.

alter table stats.reconciliation add column unexplained_since timestamptz;
comment on column stats.reconciliation.unexplained_since is
'Since when the figures differ without explanation; null while they do not.';

-- ---------------------------------------------------------------- counts per campaign

create table mart.campaign_hours (
    campaign_id text not null references stats.campaigns,
    weekday smallint not null check (weekday between 1 and 7),
    hour smallint not null check (hour between 0 and 23),
    opens bigint not null,
    opens_without_proxy bigint not null,
    clicks bigint not null,
    primary key (campaign_id, weekday, hour)
);
comment on table mart.campaign_hours is
'When each campaign was opened and clicked, in the report time zone; caught up campaign by campaign.';
comment on column mart.campaign_hours.campaign_id is 'The campaign.';
comment on column mart.campaign_hours.weekday is '1 Monday to 7 Sunday.';
comment on column mart.campaign_hours.hour is 'Hour of the day, 0 to 23.';
comment on column mart.campaign_hours.opens is 'Opens in that hour, proxies included.';
comment on column mart.campaign_hours.opens_without_proxy is 'Opens not known to be by a proxy.';
comment on column mart.campaign_hours.clicks is 'Clicks in that hour.';

create table mart.campaign_cohort (
    campaign_id text not null references stats.campaigns,
    cohort_month date not null,
    recipients bigint not null,
    delivered bigint not null,
    openers bigint not null,
    human_openers bigint not null,
    clickers bigint not null,
    unsubscribes bigint not null,
    primary key (campaign_id, cohort_month)
);
comment on table mart.campaign_cohort is
'Recipients of each campaign by the month of the first campaign they ever got in that audience.';
comment on column mart.campaign_cohort.campaign_id is 'The campaign.';
comment on column mart.campaign_cohort.cohort_month is
'First day of the month (report time zone) of the member''s first campaign in the audience.';
comment on column mart.campaign_cohort.recipients is 'Recipients of that cohort.';
comment on column mart.campaign_cohort.delivered is 'Of them, those without bounce.';
comment on column mart.campaign_cohort.openers is 'Who opened, proxies included.';
comment on column mart.campaign_cohort.human_openers is 'Who has an open not known to be by a proxy.';
comment on column mart.campaign_cohort.clickers is 'Who clicked.';
comment on column mart.campaign_cohort.unsubscribes is 'Who unsubscribed through it.';

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
'Best hour and weekday of each audience, in the report time zone: rank 1 is the hour with most clicks.';
comment on column mart.audience_hours.list_id is 'The audience.';
comment on column mart.audience_hours.weekday is '1 Monday to 7 Sunday.';
comment on column mart.audience_hours.hour is 'Hour of the day, 0 to 23.';
comment on column mart.audience_hours.opens is 'Opens in that hour, proxies included.';
comment on column mart.audience_hours.opens_without_proxy is 'Opens not known to be by a proxy.';
comment on column mart.audience_hours.clicks is 'Clicks in that hour.';
comment on column mart.audience_hours.rank_in_audience is '1 is the best hour.';

create view mart.audience_cohorts as
select
    campaign.list_id,
    cohort.cohort_month,
    (
        extract(year from age(dates.sent_month, cohort.cohort_month)) * 12
        + extract(month from age(dates.sent_month, cohort.cohort_month))
    )::integer as months_since_first,
    sum(cohort.delivered)::bigint as delivered,
    sum(cohort.openers)::bigint as openers,
    sum(cohort.human_openers)::bigint as openers_without_proxy,
    sum(cohort.clickers)::bigint as clickers,
    sum(cohort.unsubscribes)::bigint as unsubscribes,
    round(sum(cohort.openers) / nullif(sum(cohort.delivered), 0), 4) as open_rate,
    round(sum(cohort.clickers) / nullif(sum(cohort.delivered), 0), 4) as click_rate
from mart.campaign_cohort as cohort
inner join stats.campaigns as campaign on cohort.campaign_id = campaign.campaign_id
cross join mart.setting as setting
cross join lateral (
    select date_trunc('month', campaign.sent_at at time zone setting.report_time_zone)::date as sent_month
) as dates
group by campaign.list_id, cohort.cohort_month, dates.sent_month;
comment on view mart.audience_cohorts is
'How members who began in the same month go on reading, month after month.';
comment on column mart.audience_cohorts.list_id is 'The audience.';
comment on column mart.audience_cohorts.cohort_month is 'Month of the members'' first campaign.';
comment on column mart.audience_cohorts.months_since_first is 'Months after it; 0 is the same month.';
comment on column mart.audience_cohorts.delivered is 'Mails delivered to the cohort in that month.';
comment on column mart.audience_cohorts.openers is 'Of these mails, those opened, proxies included.';
comment on column mart.audience_cohorts.openers_without_proxy is 'Those with an open not known to be by a proxy.';
comment on column mart.audience_cohorts.clickers is 'Those clicked in.';
comment on column mart.audience_cohorts.unsubscribes is 'Those unsubscribed through.';
comment on column mart.audience_cohorts.open_rate is 'openers per delivered mail.';
comment on column mart.audience_cohorts.click_rate is 'clickers per delivered mail.';

-- ---------------------------------------------------------------- segments

create table mart.segment_rule (
    only_row boolean primary key default true check (only_row),
    active_days integer not null default 60,
    dormant_days integer not null default 180,
    new_days integer not null default 30,
    champion_click_rate numeric not null default 0.2,
    champion_campaigns integer not null default 3
);
insert into mart.segment_rule default values;
comment on table mart.segment_rule is
'One row: the thresholds of mart.contact_segments, to be changed by an update.';
comment on column mart.segment_rule.only_row is 'Always true.';
comment on column mart.segment_rule.active_days is 'Read or clicked within so many days: active, else cooling.';
comment on column mart.segment_rule.dormant_days is 'Neither read nor clicked for so many days: dormant.';
comment on column mart.segment_rule.new_days is 'First campaign within so many days and nothing read yet: new.';
comment on column mart.segment_rule.champion_click_rate is 'Active and clicks in at least this part of campaigns: champion.';
comment on column mart.segment_rule.champion_campaigns is 'A champion got at least so many campaigns.';

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
        when engagement.unsubscribes > 0 or engagement.abuse_reports > 0 then 'left'
        when engagement.campaigns_delivered = 0 then 'unreachable'
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
cross join mart.segment_rule as rule
cross join lateral (
    select greatest(
        engagement.last_click_at,
        case when engagement.opens_without_proxy > 0 then engagement.last_open_at end
    ) as last_engaged_at
) as behaviour;
comment on view mart.contact_segments is
'Each contact''s segment: left, unreachable, new, never_opened, dormant, cooling, active, champion. The '
'first that fits in this order, with the thresholds of mart.segment_rule; opens by proxies alone do '
'not count.';
comment on column mart.contact_segments.engagement_key is 'Key of the row, as in mart.contact_engagement.';
comment on column mart.contact_segments.contact_id is 'Contact of the CRM; null if the member is not ours.';
comment on column mart.contact_segments.campaigns_delivered is 'Campaigns that arrived.';
comment on column mart.contact_segments.open_rate_without_proxy is 'Campaigns read per campaign delivered.';
comment on column mart.contact_segments.click_rate is 'Campaigns clicked in per campaign delivered.';
comment on column mart.contact_segments.last_engaged_at is 'Newest click or open, if any open was not by a proxy.';
comment on column mart.contact_segments.days_since_engaged is 'Whole days since then.';
comment on column mart.contact_segments.segment is 'The segment.';

-- ---------------------------------------------------------------- comparison and departures

create view mart.campaign_comparison as
select
    performance.campaign_id,
    performance.list_id,
    performance.campaign_title,
    performance.sent_at,
    performance.open_rate_without_proxy,
    performance.click_rate,
    performance.unsubscribe_rate,
    round(avg(performance.open_rate_without_proxy) over past, 4) as past_open_rate_without_proxy,
    round(avg(performance.click_rate) over past, 4) as past_click_rate,
    round(avg(performance.unsubscribe_rate) over past, 4) as past_unsubscribe_rate,
    count(*) over past as past_campaigns
from mart.campaign_performance as performance
where performance.sent_at is not null
window past as (
    partition by performance.list_id order by performance.sent_at
    rows between 10 preceding and 1 preceding
);
comment on view mart.campaign_comparison is
'Each campaign beside the average of the up to ten campaigns before it in the same audience.';
comment on column mart.campaign_comparison.campaign_id is 'The campaign.';
comment on column mart.campaign_comparison.list_id is 'The audience.';
comment on column mart.campaign_comparison.campaign_title is 'Internal title.';
comment on column mart.campaign_comparison.sent_at is 'When it was sent.';
comment on column mart.campaign_comparison.open_rate_without_proxy is 'Its open rate without proxies.';
comment on column mart.campaign_comparison.click_rate is 'Its click rate.';
comment on column mart.campaign_comparison.unsubscribe_rate is 'Its unsubscribe rate.';
comment on column mart.campaign_comparison.past_open_rate_without_proxy is 'Average of those before it.';
comment on column mart.campaign_comparison.past_click_rate is 'Average of those before it.';
comment on column mart.campaign_comparison.past_unsubscribe_rate is 'Average of those before it.';
comment on column mart.campaign_comparison.past_campaigns is 'How many campaigns the averages are of.';

create view mart.unsubscribe_drivers as
select
    unsubscribe.campaign_id,
    unsubscribe.list_id,
    unsubscribe.subscriber_hash,
    member.contact_id,
    unsubscribe.unsubscribed_at,
    unsubscribe.reason,
    round(extract(epoch from unsubscribe.unsubscribed_at - campaign.sent_at) / 3600, 1) as hours_after_sending,
    (
        select count(*)
        from stats.campaign_recipients as earlier
        inner join stats.campaigns as sent on earlier.campaign_id = sent.campaign_id
        where
            earlier.subscriber_hash = unsubscribe.subscriber_hash
            and earlier.list_id = unsubscribe.list_id
            and sent.sent_at <= unsubscribe.unsubscribed_at
            and sent.sent_at > unsubscribe.unsubscribed_at - interval '30 days'
    ) as campaigns_in_30_days_before,
    coalesce(engagement.campaigns_human_opened > 0, false) as had_ever_read
from stats.campaign_unsubscribes as unsubscribe
inner join stats.campaigns as campaign on unsubscribe.campaign_id = campaign.campaign_id
left join mart.member_engagement as engagement
    on
        unsubscribe.list_id = engagement.list_id
        and unsubscribe.subscriber_hash = engagement.subscriber_hash
left join sync.member as member
    on
        unsubscribe.list_id = member.list_id
        and unsubscribe.subscriber_hash = member.subscriber_hash;
comment on view mart.unsubscribe_drivers is 'Each unsubscribe with what came before it.';
comment on column mart.unsubscribe_drivers.campaign_id is 'The campaign.';
comment on column mart.unsubscribe_drivers.list_id is 'The audience.';
comment on column mart.unsubscribe_drivers.subscriber_hash is 'The member: md5 of the lower-cased address.';
comment on column mart.unsubscribe_drivers.contact_id is 'Contact of the CRM; null if the member is not ours.';
comment on column mart.unsubscribe_drivers.unsubscribed_at is 'When.';
comment on column mart.unsubscribe_drivers.reason is 'Reason the person gave, in Mailchimp''s words.';
comment on column mart.unsubscribe_drivers.hours_after_sending is 'Hours since the campaign was sent.';
comment on column mart.unsubscribe_drivers.campaigns_in_30_days_before is
'Campaigns of the audience that the member got in the 30 days before, this one included.';
comment on column mart.unsubscribe_drivers.had_ever_read is 'Whether the member had ever read a campaign.';

-- ---------------------------------------------------------------- dimensions

create view mart.dim_audience as
select
    campaign.list_id,
    (array_agg(campaign.list_name order by campaign.sent_at desc nulls last))[1] as list_name,
    max(audience.collection_code) as collection_code,
    count(*) filter (where campaign.sent_at is not null) as campaigns_sent,
    max(campaign.sent_at) as last_sent_at
from stats.campaigns as campaign
left join sync.audience as audience on campaign.list_id = audience.list_id
where campaign.list_id is not null
group by campaign.list_id;
comment on view mart.dim_audience is 'Audiences that campaigns went to, with the CRM''s collection where it is ours.';
comment on column mart.dim_audience.list_id is 'The audience.';
comment on column mart.dim_audience.list_name is 'Its name, as the newest campaign gave it.';
comment on column mart.dim_audience.collection_code is 'Contact collection of the CRM; null if not ours.';
comment on column mart.dim_audience.campaigns_sent is 'Campaigns sent to it.';
comment on column mart.dim_audience.last_sent_at is 'Newest campaign.';

create view mart.dim_member as
select
    member.list_id,
    member.subscriber_hash,
    member.contact_id,
    member.status,
    member.origin
from sync.member as member;
comment on view mart.dim_member is 'Members of our audiences and the contacts they stand for.';
comment on column mart.dim_member.list_id is 'The audience.';
comment on column mart.dim_member.subscriber_hash is 'The member: md5 of the lower-cased address.';
comment on column mart.dim_member.contact_id is 'Contact of the CRM; null if not ours.';
comment on column mart.dim_member.status is 'Last known status in Mailchimp.';
comment on column mart.dim_member.origin is 'created, adopted or foreign.';

create view mart.dim_date as
select
    day::date as day,
    extract(isodow from day)::integer as weekday,
    to_char(day, 'IYYY-"W"IW') as iso_week,
    date_trunc('month', day)::date as month,
    to_char(day, 'YYYY-"Q"Q') as quarter,
    extract(year from day)::integer as year
from
    generate_series(
        (select coalesce(date_trunc('year', min(sent_at)), date_trunc('year', now())) from stats.campaigns),
        date_trunc('year', now()) + interval '1 year' - interval '1 day',
        interval '1 day'
    ) as series (day);
comment on view mart.dim_date is 'Days from the year of the first campaign to the end of this year.';
comment on column mart.dim_date.day is 'The day.';
comment on column mart.dim_date.weekday is '1 Monday to 7 Sunday.';
comment on column mart.dim_date.iso_week is 'ISO week, such as 2026-W47.';
comment on column mart.dim_date.month is 'First day of the month.';
comment on column mart.dim_date.quarter is 'Quarter, such as 2026-Q4.';
comment on column mart.dim_date.year is 'The year.';
