create or replace view mart.campaign_performance as
select
    campaign.campaign_id,
    campaign.list_id,
    campaign.list_name,
    campaign.type as campaign_type,
    campaign.status,
    campaign.title as campaign_title,
    campaign.subject_line,
    campaign.sent_at,
    (campaign.counted_at at time zone setting.report_time_zone)::date as sent_on,
    report.emails_sent,
    report.hard_bounces,
    report.soft_bounces,
    report.delivered,
    report.opens_total as opens,
    report.unique_opens,
    human.openers as unique_opens_without_proxy,
    report.clicks_total as clicks,
    report.unique_clicks as unique_link_clicks,
    report.unique_subscriber_clicks as unique_clicks,
    report.unsubscribed as unsubscribes,
    report.abuse_reports,
    report.forwards_count as forwards,
    round(report.delivered::numeric / nullif(report.emails_sent, 0), 4) as delivery_rate,
    round(report.unique_opens::numeric / nullif(report.delivered, 0), 4) as open_rate,
    round(human.openers::numeric / nullif(report.delivered, 0), 4) as open_rate_without_proxy,
    round(report.unique_subscriber_clicks::numeric / nullif(report.delivered, 0), 4) as click_rate,
    round(
        report.unique_subscriber_clicks::numeric / nullif(report.unique_opens, 0), 4
    ) as click_to_open_rate,
    round(
        report.unique_subscriber_clicks::numeric / nullif(human.openers, 0), 4
    ) as click_to_open_rate_without_proxy,
    round(report.unsubscribed::numeric / nullif(report.delivered, 0), 4) as unsubscribe_rate,
    engagement.first_open_at,
    report.last_open_at,
    engagement.first_click_at,
    report.last_click_at,
    engagement.median_seconds_to_first_open,
    engagement.median_seconds_to_first_human_open,
    report.taken_at as reported_at,
    greatest(report.clicks_total - without.clicks, 0) as clicks_without_bots,
    greatest(report.unique_clicks - without.link_clicks, 0) as unique_link_clicks_without_bots,
    human.clickers as unique_clicks_without_bots,
    round(human.clickers::numeric / nullif(report.delivered, 0), 4) as click_rate_without_bots,
    round(human.clickers::numeric / nullif(report.unique_opens, 0), 4)
        as click_to_open_rate_without_bots,
    round(human.clickers::numeric / nullif(human.openers, 0), 4)
        as click_to_open_rate_without_proxy_and_bots
from stats.campaigns as campaign
cross join mart.setting as setting
inner join lateral (
    select
        latest.*,
        greatest(latest.emails_sent - latest.hard_bounces - latest.soft_bounces, 0) as delivered
    from stats.latest_report as latest
    where latest.campaign_id = campaign.campaign_id
) as report on true
left join mart.campaign_engagement as engagement on campaign.campaign_id = engagement.campaign_id
cross join
    lateral (
        -- What scanners did, by our events, is no longer in Mailchimp's own figures.
        values (
            coalesce(engagement.bot_clicks, 0),
            coalesce(engagement.bot_link_clicks, 0),
            coalesce(engagement.clickers - engagement.human_clickers, 0)
        )
    ) as without (clicks, link_clicks, clickers)
cross join
    lateral (
        values (
            coalesce(report.proxy_excluded_unique_opens, engagement.human_openers),
            greatest(report.unique_subscriber_clicks - without.clickers, 0)
        )
    ) as human (openers, clickers)
where not campaign.is_series;
comment on view mart.campaign_performance is
'Each campaign with a report: Mailchimp''s figures, and rates per delivered mail (0 to 1). An RSS campaign '
'has one row for each of its mails, and none for the whole.';
comment on column mart.campaign_performance.campaign_id is 'Campaign: mart.campaigns.';
comment on column mart.campaign_performance.list_id is 'Audience: mart.lists; null if Mailchimp names none.';
comment on column mart.campaign_performance.list_name is
'Name of the audience; null if Mailchimp gives none.';
comment on column mart.campaign_performance.campaign_type is
'Type in Mailchimp''s words: regular, plaintext, absplit, rss, variate, ….';
comment on column mart.campaign_performance.status is 'Status of the campaign in Mailchimp''s words.';
comment on column mart.campaign_performance.campaign_title is 'Internal title.';
comment on column mart.campaign_performance.subject_line is 'Subject as recipients see it.';
comment on column mart.campaign_performance.sent_at is 'Time of sending; null if Mailchimp gives none.';
comment on column mart.campaign_performance.sent_on is
'Day of sending in the report time zone; day of creation if Mailchimp gives no time of sending.';
comment on column mart.campaign_performance.emails_sent is 'Mails sent.';
comment on column mart.campaign_performance.hard_bounces is 'Mails with a permanent delivery failure.';
comment on column mart.campaign_performance.soft_bounces is 'Mails with a temporary delivery failure.';
comment on column mart.campaign_performance.delivered is 'Mails sent minus hard and soft bounces.';
comment on column mart.campaign_performance.opens is 'Opens; repeated opens and opens by proxies included.';
comment on column mart.campaign_performance.unique_opens is 'Members who opened; proxies included.';
comment on column mart.campaign_performance.unique_opens_without_proxy is
'Members with an open that is not by a proxy. It is Mailchimp''s figure, or our count of events if '
'Mailchimp gives none. Null if neither exists.';
comment on column mart.campaign_performance.clicks is 'Clicks; repeated clicks included.';
comment on column mart.campaign_performance.unique_link_clicks is
'Distinct pairs of member and clicked link.';
comment on column mart.campaign_performance.unique_clicks is 'Members who clicked.';
comment on column mart.campaign_performance.unsubscribes is 'Members who unsubscribed through the campaign.';
comment on column mart.campaign_performance.abuse_reports is
'Complaints: mails that recipients reported as abuse.';
comment on column mart.campaign_performance.forwards is 'Number of times that the campaign was forwarded.';
comment on column mart.campaign_performance.delivery_rate is
'delivered per mail sent (0 to 1); null if nothing was sent.';
comment on column mart.campaign_performance.open_rate is
'unique_opens per delivered mail (0 to 1); null if nothing was delivered.';
comment on column mart.campaign_performance.open_rate_without_proxy is
'unique_opens_without_proxy per delivered mail (0 to 1); null if nothing was delivered.';
comment on column mart.campaign_performance.click_rate is
'unique_clicks per delivered mail (0 to 1); null if nothing was delivered.';
comment on column mart.campaign_performance.click_to_open_rate is
'unique_clicks per unique open (0 to 1); null without an open. Opens by proxies are included and make it '
'small.';
comment on column mart.campaign_performance.click_to_open_rate_without_proxy is
'unique_clicks per unique_opens_without_proxy; null without such an open.';
comment on column mart.campaign_performance.unsubscribe_rate is
'unsubscribes per delivered mail (0 to 1); null if nothing was delivered.';
comment on column mart.campaign_performance.first_open_at is
'Time of the first open, from our events; null without one.';
comment on column mart.campaign_performance.last_open_at is
'Time of the newest open, from the report; null without one.';
comment on column mart.campaign_performance.first_click_at is
'Time of the first click, from our events; null without one.';
comment on column mart.campaign_performance.last_click_at is
'Time of the newest click, from the report; null without one.';
comment on column mart.campaign_performance.median_seconds_to_first_open is
'Median of the seconds from sending to each opener''s first open. Null without an opener, and for '
'campaigns without an end.';
comment on column mart.campaign_performance.median_seconds_to_first_human_open is
'Median of the seconds from sending to each opener''s first open that is not known to be by a proxy. Null '
'without one, and for campaigns without an end.';
comment on column mart.campaign_performance.reported_at is 'Time at which we read the figures.';
comment on column mart.campaign_performance.clicks_without_bots is
'clicks without those that are probably of scanners (mart.campaign_activities.is_suspected_bot).';
comment on column mart.campaign_performance.unique_link_clicks_without_bots is
'unique_link_clicks without pairs that only a scanner clicked.';
comment on column mart.campaign_performance.unique_clicks_without_bots is
'unique_clicks without members with clicks of scanners alone.';
comment on column mart.campaign_performance.click_rate_without_bots is
'unique_clicks_without_bots per delivered mail (0 to 1); null if nothing was delivered.';
comment on column mart.campaign_performance.click_to_open_rate_without_bots is
'unique_clicks_without_bots per unique open (0 to 1); null without an open. Opens by proxies and scanners '
'are included and make it small.';
comment on column mart.campaign_performance.click_to_open_rate_without_proxy_and_bots is
'unique_clicks_without_bots per unique_opens_without_proxy; null without such an open. Mailchimp counts an '
'open for each member with a click, so a scanner makes it small.';
