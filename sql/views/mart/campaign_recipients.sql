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
    unsubscribe.reason as unsubscribe_reason
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
'Fact: one row a mail sent to a member, with who it was, whether they read it, how often, what followed.';
comment on column mart.campaign_recipients.campaign_id is 'The campaign: stats.campaigns, mart.campaigns.';
comment on column mart.campaign_recipients.list_id is 'The audience: mart.lists.';
comment on column mart.campaign_recipients.subscriber_hash is 'The member, with list_id: mart.members.';
comment on column mart.campaign_recipients.contact_key is 'The person: mart.contacts.';
comment on column mart.campaign_recipients.contact_id is
'Contact of the CRM; null if the member is not ours.';
comment on column mart.campaign_recipients.delivery_status is 'sent, or the kind of bounce: hard, soft.';
comment on column mart.campaign_recipients.absplit_group is
'A/B group: a, b, winner, or a combination''s id.';
comment on column mart.campaign_recipients.sent_at is 'When the campaign was sent.';
comment on column mart.campaign_recipients.sent_on is 'That day in the report time zone: mart.dates.';
comment on column mart.campaign_recipients.received_at is
'When the mail was received: the time of sending; of a campaign without an end as mart.received_at finds it.';
comment on column mart.campaign_recipients.opens is
'Opens, repeated ones and those by proxies included; at most 1,000 '
'of a member in a campaign, for Mailchimp lists no more.';
comment on column mart.campaign_recipients.opens_without_proxy is 'Opens not known to be by a proxy.';
comment on column mart.campaign_recipients.clicks is
'Clicks, repeated ones included; at most 1,000 '
'of a member in a campaign, for Mailchimp lists no more.';
comment on column mart.campaign_recipients.unique_clicks is 'Different links clicked.';
comment on column mart.campaign_recipients.was_opened is 'Whether there is an open, by a proxy too.';
comment on column mart.campaign_recipients.was_opened_without_proxy is
'Whether there is an open not known to be by a proxy.';
comment on column mart.campaign_recipients.was_clicked is 'Whether there is a click.';
comment on column mart.campaign_recipients.was_unsubscribed is 'Whether the member unsubscribed through it.';
comment on column mart.campaign_recipients.first_open_at is 'First open.';
comment on column mart.campaign_recipients.last_open_at is 'Newest open.';
comment on column mart.campaign_recipients.first_open_without_proxy_at is
'First open not known to be by a proxy.';
comment on column mart.campaign_recipients.first_click_at is 'First click.';
comment on column mart.campaign_recipients.last_click_at is 'Newest click.';
comment on column mart.campaign_recipients.time_to_open_minutes is
'Minutes from sending to the first open; null for campaigns without an end.';
comment on column mart.campaign_recipients.unsubscribed_at is 'When the member unsubscribed through it.';
comment on column mart.campaign_recipients.unsubscribe_reason is 'Reason the member gave.';
