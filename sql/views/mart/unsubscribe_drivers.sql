create or replace view mart.unsubscribe_drivers as
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
    coalesce(engagement.campaigns_human_opened > 0, false) as had_ever_read,
    member.contact_key
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
comment on view mart.unsubscribe_drivers is
'Each unsubscribe through a campaign, with the member''s history before it.';
comment on column mart.unsubscribe_drivers.campaign_id is
'Campaign that the member unsubscribed through: mart.campaigns.';
comment on column mart.unsubscribe_drivers.list_id is 'Audience: mart.lists; null if Mailchimp names none.';
comment on column mart.unsubscribe_drivers.subscriber_hash is
'Member, together with list_id: md5 of the lower-cased address.';
comment on column mart.unsubscribe_drivers.contact_id is
'Contact of the CRM; null if the member is not ours, and until the next refresh_marts.';
comment on column mart.unsubscribe_drivers.unsubscribed_at is 'Time of the unsubscribe.';
comment on column mart.unsubscribe_drivers.reason is
'Reason that the person gave, in Mailchimp''s words; null if none.';
comment on column mart.unsubscribe_drivers.hours_after_sending is
'Hours from sending to the unsubscribe; null for campaigns without an end.';
comment on column mart.unsubscribe_drivers.campaigns_in_30_days_before is
'Campaigns of the audience that the member received in the 30 days before; the campaign itself included.';
comment on column mart.unsubscribe_drivers.days_since_first_campaign is
'Whole days since the member''s first campaign in the audience; null until the next refresh_marts.';
comment on column mart.unsubscribe_drivers.had_ever_read is
'Whether the member ever read a campaign of the audience. Opens by proxies do not count.';
comment on column mart.unsubscribe_drivers.contact_key is 'The person: mart.contacts.';
