-- Everything the warehouse holds about one address and its contacts: section and record.
with sent as (
    select
        campaign.campaign_id,
        campaign.title
    from stats.campaigns as campaign
)

select
    'suppression' as section,
    to_jsonb(suppression) - 'digest' as record
from sync.suppression as suppression
where suppression.digest = any(%(digests)s::bytea[])
union all
select
    'audience members' as section,
    jsonb_build_object('collection_code', audience.collection_code) || to_jsonb(member) as record
from sync.member as member
left join sync.audience as audience on member.list_id = audience.list_id
where
    member.subscriber_hash = any(%(subscriber_hashes)s::text[])
    or member.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'proof of consent' as section,
    to_jsonb(proof) as record
from sync.consent_proof as proof
where
    proof.subscriber_hash = any(%(subscriber_hashes)s::text[])
    or proof.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'held back' as section,
    to_jsonb(quarantine)
    || jsonb_build_object('explanation', reason.explanation, 'what_to_do', reason.what_to_do) as record
from sync.quarantine as quarantine
inner join sync.reason as reason on quarantine.reason_code = reason.reason_code
where quarantine.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'refused by Mailchimp' as section,
    to_jsonb(rejection) as record
from sync.rejection as rejection
where
    rejection.subscriber_hash = any(%(subscriber_hashes)s::text[])
    or rejection.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'removals that waited for a decision' as section,
    to_jsonb(request) || to_jsonb(removal) as record
from sync.removal_request_member as removal
inner join sync.removal_request as request on removal.plan_id = request.plan_id
where
    removal.subscriber_hash = any(%(subscriber_hashes)s::text[])
    or removal.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'snapshots of the CRM' as section,
    jsonb_build_object('run_id', run.run_id, 'taken_at', run.clock)
    || to_jsonb(contact) - array['address_digest', 'contact_digest'] as record
from staging.contact as contact
inner join sync.staging_run as run on contact.staging_id = run.staging_id
where contact.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'consents in the snapshots' as section,
    jsonb_build_object('run_id', run.run_id) || to_jsonb(consent) as record
from staging.consent as consent
inner join sync.staging_run as run on consent.staging_id = run.staging_id
where consent.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'refusals in the snapshots' as section,
    jsonb_build_object('run_id', run.run_id) || to_jsonb(refusal) as record
from staging.refusal as refusal
inner join sync.staging_run as run on refusal.staging_id = run.staging_id
where
    refusal.contact_id = any(%(contact_ids)s::bigint[])
    or refusal.address_key = any(%(addresses)s::text[])
union all
select
    'verdicts in the snapshots' as section,
    jsonb_build_object('run_id', run.run_id, 'collection_code', collection.collection_code)
    || to_jsonb(verdict) as record
from staging.verdict as verdict
inner join sync.staging_run as run on verdict.staging_id = run.staging_id
left join sync.staged_collection as collection
    on verdict.staging_id = collection.staging_id and verdict.collection_id = collection.collection_id
where verdict.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'campaigns received' as section,
    jsonb_build_object('campaign', sent.title) || to_jsonb(recipient) as record
from stats.campaign_recipients as recipient
inner join sent on recipient.campaign_id = sent.campaign_id
where recipient.subscriber_hash = any(%(subscriber_hashes)s::text[])
union all
select
    'opens, clicks and bounces' as section,
    jsonb_build_object('campaign', sent.title) || to_jsonb(event) - 'url_key' as record
from stats.campaign_activities as event
inner join sent on event.campaign_id = sent.campaign_id
where event.subscriber_hash = any(%(subscriber_hashes)s::text[])
union all
select
    'counts per campaign' as section,
    jsonb_build_object('campaign', sent.title) || to_jsonb(engagement) as record
from stats.recipient_engagement as engagement
inner join sent on engagement.campaign_id = sent.campaign_id
where engagement.subscriber_hash = any(%(subscriber_hashes)s::text[])
union all
select
    'clicks per link' as section,
    jsonb_build_object('campaign', sent.title, 'url', link.url) || to_jsonb(link_member) as record
from stats.link_member_clicks as link_member
inner join sent on link_member.campaign_id = sent.campaign_id
inner join stats.link_clicks as link
    on link_member.campaign_id = link.campaign_id and link_member.link_id = link.link_id
where link_member.subscriber_hash = any(%(subscriber_hashes)s::text[])
union all
select
    'unsubscribes' as section,
    jsonb_build_object('campaign', sent.title) || to_jsonb(unsubscribe) as record
from stats.campaign_unsubscribes as unsubscribe
inner join sent on unsubscribe.campaign_id = sent.campaign_id
where unsubscribe.subscriber_hash = any(%(subscriber_hashes)s::text[])
union all
select
    'abuse reports' as section,
    jsonb_build_object('campaign', sent.title) || to_jsonb(complaint) as record
from stats.campaign_abuse_reports as complaint
inner join sent on complaint.campaign_id = sent.campaign_id
where complaint.subscriber_hash = any(%(subscriber_hashes)s::text[])
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
    'counts of events removed by retention' as section,
    jsonb_build_object('campaign', sent.title) || to_jsonb(expired) - 'links' as record
from stats.expired_engagement as expired
inner join sent on expired.campaign_id = sent.campaign_id
where expired.subscriber_hash = any(%(subscriber_hashes)s::text[])
union all
select
    'activity of the member' as section,
    to_jsonb(activity) as record
from stats.member_activities as activity
where activity.subscriber_hash = any(%(subscriber_hashes)s::text[])
union all
select
    'counts per month' as section,
    to_jsonb(months) as record
from mart.contact_months as months
inner join mart.contacts as contact on months.contact_key = contact.contact_key
where
    contact.contact_id = any(%(contact_ids)s::bigint[])
    or contact.subscriber_hash = any(%(subscriber_hashes)s::text[])
