-- How each sending of a campaign went in its first day: hard bounces, complaints and unsubscribes.
create table sync.sending_health (
    campaign_id bigint primary key,
    provider_campaign_id text not null,
    list_id text not null,
    sent_at timestamptz not null,
    looks integer not null default 1,
    looked_at timestamptz not null default now(),
    emails_sent bigint not null,
    hard_bounces bigint not null,
    complaints bigint not null,
    unsubscribes bigint not null,
    is_judged boolean not null,
    too_many text[] not null default '{}',
    unhealthy_since timestamptz
);
create index on sync.sending_health (list_id, sent_at);
comment on table sync.sending_health is
'How the sendings of the CRM''s campaigns went in their first day, as Mailchimp''s reports count it.';
comment on column sync.sending_health.campaign_id is 'Key in the CRM.';
comment on column sync.sending_health.provider_campaign_id is 'Id of the campaign in Mailchimp.';
comment on column sync.sending_health.list_id is 'Audience that it went to.';
comment on column sync.sending_health.sent_at is 'Time at which Mailchimp sent it.';
comment on column sync.sending_health.looks is 'Number of looks at its report.';
comment on column sync.sending_health.looked_at is 'Time of the last look.';
comment on column sync.sending_health.emails_sent is 'Mails that were sent.';
comment on column sync.sending_health.hard_bounces is 'Recipients whose address does not exist.';
comment on column sync.sending_health.complaints is 'Recipients who reported it as spam.';
comment on column sync.sending_health.unsubscribes is 'Recipients who unsubscribed by it.';
comment on column sync.sending_health.is_judged is
'Whether it had enough mails for percentages to say something.';
comment on column sync.sending_health.too_many is
'What there was too much of at the last look: hard_bounces, complaints, unsubscribes. Empty: nothing.';
comment on column sync.sending_health.unhealthy_since is
'Since which look there was too much of something; null: there is not.';

alter table sync.alert drop constraint alert_state_check;
alter table sync.alert add constraint alert_state_check
check (state in ('blocked', 'failed', 'late', 'undecided', 'near_limit', 'unhealthy'));
comment on column sync.alert.collection_code is
'A collection; or "DAG …" that failed, or "contact …" whose erasure is undecided, or "account …" that has '
'almost as many contacts as its plan includes, or "campaign …" whose sending went badly.';
