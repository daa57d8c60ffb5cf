-- What the columns of the campaign overview mean, for BI.

comment on column stats.campaign_overview.provider_campaign_id is 'Mailchimp''s id; null if not there yet.';
comment on column stats.campaign_overview.crm_campaign_id is
'Campaign of the CRM; null if made in Mailchimp.';
comment on column stats.campaign_overview.crm_campaign_code is 'Its code in the CRM.';
comment on column stats.campaign_overview.collection_code is
'Contact collection; null if the audience is not ours.';
comment on column stats.campaign_overview.status is
'In Mailchimp''s words; deleted: not there any more; none: nothing made of it yet.';
comment on column stats.campaign_overview.title is 'Internal title.';
comment on column stats.campaign_overview.subject_line is 'Subject as recipients see it.';
comment on column stats.campaign_overview.crm_state is
'State in the CRM as the plan reads it: draft, planned, due, overdue, by_hand, cancelled, gone.';
comment on column stats.campaign_overview.planned_at is 'When the CRM plans to send it.';
comment on column stats.campaign_overview.scheduled_for is
'For when we put it into Mailchimp''s schedule; null where it does not stand there by us.';
comment on column stats.campaign_overview.sent_at is 'When it was sent.';
comment on column stats.campaign_overview.emails_sent is 'Mails sent.';
comment on column stats.campaign_overview.unique_opens is 'Members who opened, proxies included.';
comment on column stats.campaign_overview.unique_clicks is 'Members who clicked.';
comment on column stats.campaign_overview.detail is 'What there is to know of its state.';
comment on column stats.campaign_overview.gate_is_open is 'Whether the newest decision let it go out.';
comment on column stats.campaign_overview.gate_reasons is 'Why not, if not.';
comment on column stats.campaign_overview.origin is 'crm or mailchimp: where it was made.';
