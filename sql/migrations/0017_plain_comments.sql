-- Comments are the catalogue that people read in their BI tool: these say the same in plain words.

comment on column sync.staged_collection.remark is
'What a person should look at, though nothing may be wrong. The run''s result has it too.';
comment on table sync.installation is
'Shows that sync.suppression was created. A push refuses if only one of the two exists.';
comment on column stats.campaigns.parent_campaign_id is
'Campaign that this one is a mail of (RSS), or that it repeats (resend). Null: it has no parent. '
'No foreign key: the parent of an automation''s mail is no campaign.';
comment on table stats.members is
'Every member that a report or the sync names, by audience. It keeps members that were archived or deleted. '
'Recipients, events and the rest refer to it. mart.members shows the contact of each member.';
comment on table stats.sub_report_snapshots is
'Append-only history of the reports of a campaign''s parts: the groups of an A/B test. '
'Parts are no campaigns, so no other table has part_id.';
comment on table stats.campaign_part is
'Parts of A/B tests that Mailchimp has named. Lists of campaigns and reports are read without them. '
'Their mails and events belong to the whole campaign.';
comment on column stats.campaign_recipients.gone_at is
'Since when Mailchimp''s whole list of recipients does not have the member, which was deleted there. '
'Null: listed.';
comment on column sync.erased_subscriber.erased_at is
'When the last trace was gone. Null while the erasure is under way. '
'A person who signs up again later is known again from then on.';
comment on table sync.erasure_receipt is
'One erasure: when it was asked for, when it was done, how much went. It names nobody. '
'With the key of the digests and a contact id the receipt can be found.';
comment on table sync.written_status is
'What the last write-back wrote to crm.provider_member_status. Only differences are written. '
'If this table is empty, everything is written again.';
comment on table stats.expired_engagement is
'Counts of the events that retention has removed, per recipient. '
'They are the part of stats.recipient_engagement that has no event any more.';
comment on table stats.bi_login is
'Logins of BI tools. After each migration they get their rights again, also on new tables.';
comment on column mart.setting.rebuild is
'True: the next refresh counts everything again, whatever changed.';
comment on table mart.changed_member is
'Members that the next refresh counts again. A member may be here several times. '
'No foreign key: members that are gone are noted too.';
comment on table mart.changed_campaign is
'Campaigns that the next refresh counts again. A campaign may be here several times. '
'No foreign key: a note costs as little as it can.';
comment on column mart.members.contact_id is
'The member''s contact in the CRM today, also for everything before. Null if the member is not ours. '
'The contact at the time of a sending is in stats.recipient_contact.';
comment on column mart.members.status is
'Last known status. sync.member gives it, unless a report shows a later unsubscribe, complaint or hard '
'bounce. Reports alone give it for members that are not in sync.member. deleted: no list of Mailchimp has '
'the member any more. erased: the person was erased. unknown: the member did something with a mail, and '
'Mailchimp has not listed the member for that mail.';
comment on table mart.campaign_cohort is
'Recipients of each campaign, by the month they got it in, and by the month of their first campaign in that '
'audience. Recipients without a known time are left out.';
comment on column mart.member_frequency.mails_in_30_days is
'Mails of the audience that arrived within the 30 days up to this one, itself included. 10 means 10 or more.';
comment on column sync.member.unsubscribed_by is
'Who unsubscribed the member, as Mailchimp says. Null where it does not say.';
comment on column sync.refusal.known_from is
'What showed it: the member, a full listing, an abuse report, a report of a campaign, or our own removal.';

update sync.reason
set explanation = 'Another contact with this address represents it.'
where reason_code = 'duplicate_email';
