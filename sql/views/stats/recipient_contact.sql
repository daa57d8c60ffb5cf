create or replace view stats.recipient_contact as
select
    recipient.campaign_id,
    recipient.list_id,
    recipient.subscriber_hash,
    proof.contact_id,
    ledger.contact_id as current_contact_id
from stats.campaign_recipients as recipient
inner join stats.campaigns as campaign on recipient.campaign_id = campaign.campaign_id
left join sync.member as ledger
    on recipient.list_id = ledger.list_id and recipient.subscriber_hash = ledger.subscriber_hash
left join lateral (
    select justified.contact_id
    from sync.consent_proof as justified
    where
        justified.list_id = recipient.list_id
        and justified.subscriber_hash = recipient.subscriber_hash
        and justified.justified_at <= coalesce(campaign.sent_at, recipient.first_seen_at)
        and coalesce(justified.ended_at, 'infinity') > coalesce(campaign.sent_at, recipient.first_seen_at)
    order by justified.justified_at desc
    limit 1
) as proof on true;
comment on view stats.recipient_contact is
'Which contact of the CRM each recipient stood for when the campaign went out, and which today: contacts may '
'share an address, and which of them represents it changes. The marts count by today''s.';
comment on column stats.recipient_contact.campaign_id is 'The campaign.';
comment on column stats.recipient_contact.list_id is 'The audience.';
comment on column stats.recipient_contact.subscriber_hash is 'The member: md5 of the lower-cased address.';
comment on column stats.recipient_contact.contact_id is
'Contact whose consent was kept as the reason for mailing at that moment (sync.consent_proof); null where '
'none was: the member was not ours then, or the proof is older than it is kept.';
comment on column stats.recipient_contact.current_contact_id is
'Contact that the member stands for today, by the ledger; null if it does not know the member.';
