-- One name for the key of a person, and the segment that a campaign went to.

alter table mart.contact_engagement rename column engagement_key to contact_key;
comment on column mart.contact_engagement.contact_key is 'The person: mart.contacts.';

alter table stats.campaigns add column segment_id bigint;
comment on column stats.campaigns.segment_id is
'Mailchimp''s id of the saved segment or tag that it went to; null: the whole audience, or conditions of its '
'own. Campaigns that were read before this column existed get it when they are listed again.';

comment on table mart.contact_months is
'Each contact month by month: the campaigns that the contact got in that month, in the report time zone. '
'What the contact did with them counts in the same month, whenever it was. Mails without a known time of '
'receipt are left out (mart.received_at). The counts stay when retention removes events.';
comment on table stats.member_activities is
'What Mailchimp''s activity feed tells of members that left our audiences. It shows how they came, what they '
'did and how they went, also outside campaigns.';
