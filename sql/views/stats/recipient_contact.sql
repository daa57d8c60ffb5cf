create or replace view stats.recipient_contact as
select
    recipient.campaign_id,
    recipient.list_id,
    recipient.subscriber_hash,
    proof.contact_id,
    our_member.contact_id as current_contact_id
from stats.campaign_recipients as recipient
inner join stats.campaigns as campaign on recipient.campaign_id = campaign.campaign_id
left join sync.campaign as planned on recipient.campaign_id = planned.provider_campaign_id
left join sync.member as our_member
    on recipient.list_id = our_member.list_id and recipient.subscriber_hash = our_member.subscriber_hash
left join lateral (
    select justified.contact_id
    from sync.consent_proof as justified
    where
        justified.list_id = recipient.list_id
        and justified.subscriber_hash = recipient.subscriber_hash
        and justified.justified_at <= coalesce(campaign.sent_at, recipient.first_seen_at)
        and coalesce(justified.ended_at, 'infinity') > coalesce(campaign.sent_at, recipient.first_seen_at)
    -- In a shared audience each collection has a proof of its own: the campaign's collection comes first.
    order by
        coalesce(justified.collection_code = planned.collection_code, false) desc, justified.justified_at desc
    limit 1
) as proof on true;
comment on view stats.recipient_contact is
'Contact of the CRM that each recipient represented when the campaign was sent, and today. Contacts may '
'share an address, and the contact that represents it may change. The marts use the contact of today.';
comment on column stats.recipient_contact.campaign_id is 'Campaign.';
comment on column stats.recipient_contact.list_id is 'Audience; null if Mailchimp names none.';
comment on column stats.recipient_contact.subscriber_hash is 'Member: md5 of the lower-cased address.';
comment on column stats.recipient_contact.contact_id is
'Contact whose consent justified the mail at the time of sending (sync.consent_proof). In a shared audience '
'the proof of the campaign''s collection comes first. Null without a proof: the member was not ours then, or '
'retention removed the proof.';
comment on column stats.recipient_contact.current_contact_id is
'Contact that the member represents today, from sync.member; null if the member is not in it.';
