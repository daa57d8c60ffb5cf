-- What the reports store about a person: section and record.
select
    'campaigns received' as section,
    jsonb_build_object('campaign', campaign.title) || to_jsonb(recipient) as record
from stats.campaign_recipients as recipient
left join stats.campaigns as campaign on recipient.campaign_id = campaign.campaign_id
where recipient.subscriber_hash = any(%(subscriber_hashes)s::text[])
union all
select
    'opens, clicks and bounces' as section,
    jsonb_build_object('campaign', campaign.title) || to_jsonb(event) - 'url_key' as record
from stats.campaign_activities as event
left join stats.campaigns as campaign on event.campaign_id = campaign.campaign_id
where event.subscriber_hash = any(%(subscriber_hashes)s::text[])
union all
select
    'counts per campaign' as section,
    jsonb_build_object('campaign', campaign.title) || to_jsonb(engagement) as record
from stats.recipient_engagement as engagement
left join stats.campaigns as campaign on engagement.campaign_id = campaign.campaign_id
where engagement.subscriber_hash = any(%(subscriber_hashes)s::text[])
union all
select
    'clicks per link' as section,
    jsonb_build_object('campaign', campaign.title, 'url', link.url) || to_jsonb(link_member) as record
from stats.link_member_clicks as link_member
left join stats.campaigns as campaign on link_member.campaign_id = campaign.campaign_id
left join stats.link_clicks as link
    on link_member.campaign_id = link.campaign_id and link_member.link_id = link.link_id
where link_member.subscriber_hash = any(%(subscriber_hashes)s::text[])
union all
select
    'unsubscribes' as section,
    jsonb_build_object('campaign', campaign.title) || to_jsonb(unsubscribe) as record
from stats.campaign_unsubscribes as unsubscribe
left join stats.campaigns as campaign on unsubscribe.campaign_id = campaign.campaign_id
where unsubscribe.subscriber_hash = any(%(subscriber_hashes)s::text[])
union all
select
    'abuse reports' as section,
    jsonb_build_object('campaign', campaign.title) || to_jsonb(complaint) as record
from stats.campaign_abuse_reports as complaint
left join stats.campaigns as campaign on complaint.campaign_id = campaign.campaign_id
where complaint.subscriber_hash = any(%(subscriber_hashes)s::text[])
union all
select
    'counts of events removed by retention' as section,
    jsonb_build_object('campaign', campaign.title) || to_jsonb(expired) - 'links' as record
from stats.expired_engagement as expired
left join stats.campaigns as campaign on expired.campaign_id = campaign.campaign_id
where expired.subscriber_hash = any(%(subscriber_hashes)s::text[])
union all
select
    'activity of the member' as section,
    to_jsonb(activity) as record
from stats.member_activities as activity
where activity.subscriber_hash = any(%(subscriber_hashes)s::text[])
union all
select
    'when the activity was read' as section,
    to_jsonb(feed) as record
from stats.member_activity_state as feed
where feed.subscriber_hash = any(%(subscriber_hashes)s::text[])
union all
select
    'first heard of' as section,
    to_jsonb(known) as record
from stats.members as known
where known.subscriber_hash = any(%(subscriber_hashes)s::text[])
union all
select
    'members as the reports know them' as section,
    to_jsonb(member) as record
from mart.members as member
where
    member.subscriber_hash = any(%(subscriber_hashes)s::text[])
    or member.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'people as the reports know them' as section,
    to_jsonb(contact) as record
from mart.contacts as contact
where
    contact.subscriber_hash = any(%(subscriber_hashes)s::text[])
    or contact.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'counts per audience' as section,
    to_jsonb(engagement) as record
from mart.member_engagement as engagement
where engagement.subscriber_hash = any(%(subscriber_hashes)s::text[])
union all
select
    'counts by mails within 30 days' as section,
    to_jsonb(frequency) as record
from mart.member_frequency as frequency
where frequency.subscriber_hash = any(%(subscriber_hashes)s::text[])
union all
select
    'counts over all audiences' as section,
    to_jsonb(engagement) as record
from mart.contact_engagement as engagement
where
    engagement.subscriber_hash = any(%(subscriber_hashes)s::text[])
    or engagement.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'counts per month' as section,
    to_jsonb(months) as record
from mart.contact_months as months
where months.contact_key in (
    select contact.contact_key from mart.contacts as contact
    where
        contact.contact_id = any(%(contact_ids)s::bigint[])
        or contact.subscriber_hash = any(%(subscriber_hashes)s::text[])
)
