create or replace view mart.campaign_recipients as
select
    recipient.campaign_id,
    recipient.list_id,
    recipient.subscriber_hash,
    member.contact_key,
    member.contact_id,
    recipient.delivery_status,
    recipient.absplit_group,
    campaign.sent_at,
    (campaign.counted_at at time zone setting.report_time_zone)::date as sent_on,
    mail.received_at,
    coalesce(engagement.opens, 0) as opens,
    coalesce(engagement.opens - engagement.proxy_opens, 0) as opens_without_proxy,
    coalesce(engagement.clicks, 0) as clicks,
    coalesce(engagement.links_clicked, 0) as unique_clicks,
    coalesce(engagement.opens > 0, false) as was_opened,
    coalesce(engagement.opens > engagement.proxy_opens, false) as was_opened_without_proxy,
    coalesce(engagement.clicks > 0, false) as was_clicked,
    unsubscribe.campaign_id is not null as was_unsubscribed,
    engagement.first_open_at,
    engagement.last_open_at,
    engagement.first_human_open_at as first_open_without_proxy_at,
    engagement.first_click_at,
    engagement.last_click_at,
    case
        when not campaign.is_ongoing
            then round(extract(epoch from engagement.first_open_at - campaign.sent_at) / 60, 1)
    end as time_to_open_minutes,
    unsubscribe.unsubscribed_at,
    unsubscribe.reason as unsubscribe_reason,
    coalesce(engagement.clicks - engagement.bot_clicks, 0) as clicks_without_bots,
    coalesce(engagement.links_clicked - engagement.bot_links_clicked, 0) as unique_clicks_without_bots,
    coalesce(engagement.clicks > engagement.bot_clicks, false) as was_clicked_without_bots,
    engagement.first_human_click_at as first_click_without_bots_at
from stats.campaign_recipients as recipient
inner join stats.campaigns as campaign on recipient.campaign_id = campaign.campaign_id
cross join mart.setting as setting
left join stats.recipient_engagement as engagement
    on
        recipient.campaign_id = engagement.campaign_id
        and recipient.subscriber_hash = engagement.subscriber_hash
left join stats.campaign_unsubscribes as unsubscribe
    on
        recipient.campaign_id = unsubscribe.campaign_id
        and recipient.subscriber_hash = unsubscribe.subscriber_hash
left join mart.members as member
    on recipient.list_id = member.list_id and recipient.subscriber_hash = member.subscriber_hash
cross join
    lateral (
        values (
            mart.received_at(
                campaign, recipient,
                least(
                    engagement.first_open_at, engagement.first_click_at, unsubscribe.unsubscribed_at
                )
            )
        )
    ) as mail (received_at);
comment on view mart.campaign_recipients is
'Fact: one row for each mail to a member. It has the person, whether and how often they read it, and what '
'followed.';
comment on column mart.campaign_recipients.campaign_id is 'Campaign: stats.campaigns, mart.campaigns.';
comment on column mart.campaign_recipients.list_id is 'Audience: mart.lists; null if Mailchimp names none.';
comment on column mart.campaign_recipients.subscriber_hash is 'Member, together with list_id: mart.members.';
comment on column mart.campaign_recipients.contact_key is
'Person: mart.contacts; null until the next refresh_marts.';
comment on column mart.campaign_recipients.contact_id is
'Contact of the CRM; null if the member is not ours, and until the next refresh_marts.';
comment on column mart.campaign_recipients.delivery_status is
'sent, or the kind of the bounce: hard or soft.';
comment on column mart.campaign_recipients.absplit_group is
'Group of an A/B test: a, b, winner, or the id of a combination; null without an A/B test.';
comment on column mart.campaign_recipients.sent_at is
'Time at which the campaign was sent; null if Mailchimp gives none.';
comment on column mart.campaign_recipients.sent_on is
'Day of sending in the report time zone: mart.dates; day of creation if Mailchimp gives no time of '
'sending.';
comment on column mart.campaign_recipients.received_at is
'Time at which the member received the mail: the time of sending. For campaigns without an end it comes '
'from mart.received_at, and is null if no fact shows it.';
comment on column mart.campaign_recipients.opens is
'Opens; repeated opens and opens by proxies included. At most 1,000 for a member and campaign, because '
'Mailchimp lists no more.';
comment on column mart.campaign_recipients.opens_without_proxy is
'Opens that are not known to be by a proxy.';
comment on column mart.campaign_recipients.clicks is
'Clicks; repeated clicks included. At most 1,000 for a member and campaign, because Mailchimp lists no '
'more.';
comment on column mart.campaign_recipients.unique_clicks is
'Number of different links that the member clicked.';
comment on column mart.campaign_recipients.was_opened is 'Whether the mail has an open; proxies included.';
comment on column mart.campaign_recipients.was_opened_without_proxy is
'Whether the mail has an open that is not known to be by a proxy.';
comment on column mart.campaign_recipients.was_clicked is 'Whether the mail has a click.';
comment on column mart.campaign_recipients.was_unsubscribed is
'Whether the member unsubscribed through the mail.';
comment on column mart.campaign_recipients.first_open_at is 'Time of the first open; null without one.';
comment on column mart.campaign_recipients.last_open_at is 'Time of the newest open; null without one.';
comment on column mart.campaign_recipients.first_open_without_proxy_at is
'Time of the first open that is not known to be by a proxy; null without one.';
comment on column mart.campaign_recipients.first_click_at is 'Time of the first click; null without one.';
comment on column mart.campaign_recipients.last_click_at is 'Time of the newest click; null without one.';
comment on column mart.campaign_recipients.time_to_open_minutes is
'Minutes from sending to the first open; null without an open, and for campaigns without an end.';
comment on column mart.campaign_recipients.unsubscribed_at is
'Time at which the member unsubscribed through the mail; null without an unsubscribe.';
comment on column mart.campaign_recipients.unsubscribe_reason is
'Reason that the member gave for the unsubscribe; null if none.';
comment on column mart.campaign_recipients.clicks_without_bots is
'Clicks that are not of scanners (mart.campaign_activities.is_suspected_bot).';
comment on column mart.campaign_recipients.unique_clicks_without_bots is
'Number of different links that the member clicked, without clicks of scanners.';
comment on column mart.campaign_recipients.was_clicked_without_bots is
'Whether the mail has a click that is not of a scanner.';
comment on column mart.campaign_recipients.first_click_without_bots_at is
'Time of the first click that is not of a scanner; null without one.';
