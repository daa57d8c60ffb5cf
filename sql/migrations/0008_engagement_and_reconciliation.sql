-- Events counted per recipient, how far each stream was read, and whether the figures add up.

-- ---------------------------------------------------------------- engagement per recipient

create table stats.recipient_engagement (
    campaign_id text not null references stats.campaigns,
    subscriber_hash text not null,
    list_id text,
    opens bigint not null default 0,
    proxy_opens bigint not null default 0,
    unflagged_opens bigint not null default 0,
    opens_reported bigint,
    clicks bigint not null default 0,
    links_clicked bigint not null default 0,
    hard_bounces bigint not null default 0,
    soft_bounces bigint not null default 0,
    first_open_at timestamptz,
    last_open_at timestamptz,
    first_human_open_at timestamptz,
    last_human_open_at timestamptz,
    first_click_at timestamptz,
    last_click_at timestamptz,
    changed_at timestamptz not null default clock_timestamp(),
    primary key (campaign_id, subscriber_hash),
    foreign key (list_id, subscriber_hash) references stats.members
);
create index on stats.recipient_engagement (subscriber_hash);
comment on table stats.recipient_engagement is
'Events of one recipient of one campaign, counted; stays when retention removes the events.';
comment on column stats.recipient_engagement.campaign_id is 'The campaign.';
comment on column stats.recipient_engagement.subscriber_hash is 'The member: md5 of the lower-cased address.';
comment on column stats.recipient_engagement.list_id is 'The audience.';
comment on column stats.recipient_engagement.opens is 'Opens, repeated ones and those by proxies included.';
comment on column stats.recipient_engagement.proxy_opens is 'Opens known to be by a mail privacy proxy.';
comment on column stats.recipient_engagement.unflagged_opens is
'Opens of which Mailchimp has not said whether a proxy made them.';
comment on column stats.recipient_engagement.opens_reported is
'Opens as Mailchimp counts them for this member; kept where they are more than it lists one by one.';
comment on column stats.recipient_engagement.clicks is 'Clicks, repeated ones included.';
comment on column stats.recipient_engagement.links_clicked is 'Different links clicked.';
comment on column stats.recipient_engagement.hard_bounces is 'Permanent delivery failures.';
comment on column stats.recipient_engagement.soft_bounces is 'Temporary delivery failures.';
comment on column stats.recipient_engagement.first_open_at is 'First open.';
comment on column stats.recipient_engagement.last_open_at is 'Newest open.';
comment on column stats.recipient_engagement.first_human_open_at is 'First open not known to be by a proxy.';
comment on column stats.recipient_engagement.last_human_open_at is 'Newest open not known to be by a proxy.';
comment on column stats.recipient_engagement.first_click_at is 'First click.';
comment on column stats.recipient_engagement.last_click_at is 'Newest click.';
comment on column stats.recipient_engagement.changed_at is 'When the row last changed.';

-- ---------------------------------------------------------------- what stays of removed events

create table stats.expired_events (
    campaign_id text primary key references stats.campaigns,
    expired_before timestamptz not null
);
comment on table stats.expired_events is
'Campaigns of which retention has removed events. Their counts are in stats.expired_engagement, so that '
'stats.recipient_engagement and the reconciliation go on adding up.';
comment on column stats.expired_events.campaign_id is 'The campaign.';
comment on column stats.expired_events.expired_before is
'Events before this moment were counted and removed; they are not loaded again.';

create table stats.expired_engagement (
    campaign_id text not null references stats.campaigns,
    subscriber_hash text not null,
    list_id text,
    opens bigint not null,
    proxy_opens bigint not null,
    unflagged_opens bigint not null,
    clicks bigint not null,
    links uuid[] not null,
    hard_bounces bigint not null,
    soft_bounces bigint not null,
    first_open_at timestamptz,
    last_open_at timestamptz,
    first_human_open_at timestamptz,
    last_human_open_at timestamptz,
    first_click_at timestamptz,
    last_click_at timestamptz,
    primary key (campaign_id, subscriber_hash),
    foreign key (list_id, subscriber_hash) references stats.members
);
create index on stats.expired_engagement (subscriber_hash);
comment on table stats.expired_engagement is
'Counts of the events that retention has removed, per recipient: the part of stats.recipient_engagement '
'that no event stands for any more.';
comment on column stats.expired_engagement.campaign_id is 'The campaign.';
comment on column stats.expired_engagement.subscriber_hash is 'The member: md5 of the lower-cased address.';
comment on column stats.expired_engagement.list_id is 'The audience.';
comment on column stats.expired_engagement.opens is 'Opens removed, those by proxies included.';
comment on column stats.expired_engagement.proxy_opens is 'Of them, those known to be by a proxy.';
comment on column stats.expired_engagement.unflagged_opens is
'Of them, those of which Mailchimp has not said whether a proxy made them.';
comment on column stats.expired_engagement.clicks is 'Clicks removed.';
comment on column stats.expired_engagement.links is 'md5 of each different link clicked.';
comment on column stats.expired_engagement.hard_bounces is 'Permanent delivery failures removed.';
comment on column stats.expired_engagement.soft_bounces is 'Temporary delivery failures removed.';
comment on column stats.expired_engagement.first_open_at is 'First open removed.';
comment on column stats.expired_engagement.last_open_at is 'Newest open removed.';
comment on column stats.expired_engagement.first_human_open_at is
'First open removed that no proxy is known to have made.';
comment on column stats.expired_engagement.last_human_open_at is
'Newest open removed that no proxy is known to have made.';
comment on column stats.expired_engagement.first_click_at is 'First click removed.';
comment on column stats.expired_engagement.last_click_at is 'Newest click removed.';

create view stats.named_member as
select
    list_id,
    subscriber_hash
from stats.campaign_recipients
union all
select
    list_id,
    subscriber_hash
from stats.campaign_activities
union all
select
    list_id,
    subscriber_hash
from stats.campaign_unsubscribes
union all
select
    list_id,
    subscriber_hash
from stats.campaign_abuse_reports
union all
select
    list_id,
    subscriber_hash
from stats.link_member_clicks
union all
select
    list_id,
    subscriber_hash
from stats.recipient_engagement
union all
select
    list_id,
    subscriber_hash
from stats.expired_engagement
union all
select
    list_id,
    subscriber_hash
from stats.member_activities
union all
select
    list_id,
    subscriber_hash
from stats.member_activity_state;
comment on view stats.named_member is
'Whom any table of stats names: a row each time. Only to be asked for single members.';
comment on column stats.named_member.list_id is 'The audience.';
comment on column stats.named_member.subscriber_hash is 'The member: md5 of the lower-cased address.';

-- ---------------------------------------------------------------- how far each stream was read

create table stats.stream_state (
    campaign_id text not null references stats.campaigns,
    stream text not null,
    gate jsonb,
    complete_through timestamptz,
    rows_read bigint not null default 0,
    read_at timestamptz not null default now(),
    reconciled_at timestamptz,
    gap jsonb,
    gap_since timestamptz,
    gap_readings integer not null default 0,
    next_reading_at timestamptz,
    primary key (campaign_id, stream)
);
create index on stats.stream_state (next_reading_at) where next_reading_at is not null;
create index on stats.stream_state (campaign_id) where reconciled_at is null;
comment on table stats.stream_state is 'What was read of each campaign''s streams, and at which figures.';
comment on column stats.stream_state.campaign_id is 'The campaign.';
comment on column stats.stream_state.stream is 'Name of the stream, as in stats.stream_gate.';
comment on column stats.stream_state.gate is 'The report''s figures at which the stream was read to its end.';
comment on column stats.stream_state.complete_through is 'Events up to this moment have been read.';
comment on column stats.stream_state.rows_read is 'Rows the last reading brought.';
comment on column stats.stream_state.read_at is 'When the stream was last read.';
comment on column stats.stream_state.reconciled_at is
'When its figures were last compared with Mailchimp''s; null: not since the last reading.';
comment on column stats.stream_state.gap is
'Mailchimp''s totals less ours, by metric, where they differed after the last reading; null if they agreed.';
comment on column stats.stream_state.gap_since is 'Since when there has been this same gap.';
comment on column stats.stream_state.gap_readings is 'Readings in a row that left this same gap.';
comment on column stats.stream_state.next_reading_at is
'When the stream is read again although no figure changes: a gap may be a list that fills in late.';

create view stats.stream_gate as
select
    report.campaign_id,
    gate.stream,
    gate.figures,
    gate.is_empty
from stats.latest_report as report
inner join stats.campaigns as campaign on report.campaign_id = campaign.campaign_id
cross join
    lateral (
        values
        (
            'recipients',
            jsonb_build_array(report.emails_sent, report.hard_bounces, report.soft_bounces),
            report.emails_sent = 0
        ),
        (
            'activity',
            jsonb_build_array(
                report.opens_total, report.unique_opens, report.last_open_at,
                report.clicks_total, report.unique_clicks, report.last_click_at,
                report.hard_bounces, report.soft_bounces
            ),
            report.opens_total + report.clicks_total + report.hard_bounces + report.soft_bounces = 0
        ),
        (
            'proxy_opens',
            jsonb_build_array(
                report.opens_total, report.unique_opens, report.last_open_at,
                report.proxy_excluded_opens, report.proxy_excluded_unique_opens
            ),
            report.opens_total = 0
        ),
        ('unsubscribes', jsonb_build_array(report.unsubscribed), report.unsubscribed = 0),
        ('abuse_reports', jsonb_build_array(report.abuse_reports), report.abuse_reports = 0),
        (
            'links',
            jsonb_build_array(report.clicks_total, report.unique_clicks, report.last_click_at),
            report.emails_sent = 0
        ),
        (
            'domains',
            jsonb_build_array(
                report.emails_sent, report.unique_opens, report.unique_clicks,
                report.hard_bounces, report.soft_bounces, report.unsubscribed
            ),
            report.emails_sent = 0
        ),
        ('locations', jsonb_build_array(report.opens_total, report.unique_opens), report.opens_total = 0),
        (
            'sub_reports',
            jsonb_build_array(
                report.emails_sent, report.opens_total, report.unique_opens, report.clicks_total,
                report.unique_clicks, report.hard_bounces, report.soft_bounces, report.unsubscribed,
                report.abuse_reports, report.forwards_count
            ),
            report.emails_sent = 0
            or coalesce(campaign.type, '') in ('regular', 'plaintext', 'plain-text', 'rss')
        ),
        ('series_mails', jsonb_build_array(report.emails_sent), report.emails_sent = 0)
    ) as gate (stream, figures, is_empty)
-- A series has no recipients of its own: what its mails did is read of them.
where (gate.stream = 'series_mails') = campaign.is_series;
comment on view stats.stream_gate is
'Per campaign and stream the figures of the newest report that say whether there is anything to read.';
comment on column stats.stream_gate.campaign_id is 'The campaign.';
comment on column stats.stream_gate.stream is 'Name of the stream.';
comment on column stats.stream_gate.figures is
'Figures of the newest report that change when the stream has news.';
comment on column stats.stream_gate.is_empty is 'Whether they say that there is nothing to read.';

create view stats.stale_stream as
select
    gate.campaign_id,
    gate.stream,
    gate.figures,
    coalesce(known.next_reading_at <= now() and jsonb_path_exists(known.gap, '$.* ? (@ > 0)'), false)
        as is_lacking
from stats.stream_gate as gate
inner join stats.campaigns as campaign on gate.campaign_id = campaign.campaign_id
left join stats.stream_state as known
    on gate.campaign_id = known.campaign_id and gate.stream = known.stream
where
    campaign.gone_at is null
    and (
        known.next_reading_at <= now()
        or (known.gate is distinct from gate.figures and not (gate.is_empty and known.campaign_id is null))
    );
comment on view stats.stale_stream is
'Streams whose figures have changed since they were last read to the end, and gaps due for another look.';
comment on column stats.stale_stream.campaign_id is 'The campaign.';
comment on column stats.stale_stream.stream is 'Name of the stream.';
comment on column stats.stale_stream.figures is 'Figures at which it is to be read.';
comment on column stats.stale_stream.is_lacking is
'Whether a difference in which something lacks is due for another look.';

-- ---------------------------------------------------------------- reconciliation

create table stats.metric (
    metric text primary key,
    stream text not null,
    description text not null
);
insert into stats.metric (metric, stream, description) values
('emails_sent', 'recipients', 'Recipients.'),
('hard_bounced_recipients', 'recipients', 'Recipients whose delivery status is a hard bounce.'),
('soft_bounced_recipients', 'recipients', 'Recipients whose delivery status is a soft bounce.'),
('opens_total', 'activity', 'Opens.'),
('unique_opens', 'activity', 'Members who opened.'),
('clicks_total', 'activity', 'Clicks.'),
('unique_clicks', 'activity', 'Distinct pairs of member and link.'),
('unique_subscriber_clicks', 'activity', 'Members who clicked.'),
('hard_bounces', 'activity', 'Hard bounces.'),
('soft_bounces', 'activity', 'Soft bounces.'),
('proxy_excluded_opens', 'proxy_opens', 'Opens not by a mail privacy proxy.'),
('proxy_excluded_unique_opens', 'proxy_opens', 'Members with an open not by a mail privacy proxy.'),
('unsubscribed', 'unsubscribes', 'Members who unsubscribed through the campaign.'),
('abuse_reports', 'abuse_reports', 'Complaints.'),
('link_clicks', 'links', 'Clicks, summed over links.'),
('link_member_clicks', 'links', 'Clicks, summed over links and members.'),
('series_emails_sent', 'series_mails', 'Recipients, summed over the mails of an RSS campaign.');
comment on table stats.metric is 'What is counted on both sides, and which stream brings our side.';
comment on column stats.metric.metric is 'Name, as in stats.reconciliation.';
comment on column stats.metric.stream is 'Stream that a difference has read again.';
comment on column stats.metric.description is 'What is counted.';

create table stats.reconciliation (
    campaign_id text not null references stats.campaigns,
    metric text not null references stats.metric,
    ours bigint not null,
    mailchimps bigint not null,
    difference bigint not null generated always as (mailchimps - ours) stored,
    cap_hides bigint not null default 0,
    deleted_hide bigint not null default 0,
    deleted_hold bigint not null default 0,
    flags_missing bigint not null default 0,
    accepted bigint not null default 0,
    unexplained bigint not null default 0,
    unexplained_since timestamptz,
    explanation text,
    checked_at timestamptz not null default now(),
    primary key (campaign_id, metric)
);
comment on table stats.reconciliation is
'After each load, per campaign and metric: what we hold, what Mailchimp''s report says, and why they differ.';
comment on column stats.reconciliation.campaign_id is 'The campaign.';
comment on column stats.reconciliation.metric is 'What is counted.';
comment on column stats.reconciliation.ours is 'Count in stats.';
comment on column stats.reconciliation.mailchimps is 'Figure of the report.';
comment on column stats.reconciliation.difference is 'Mailchimp''s less ours.';
comment on column stats.reconciliation.cap_hides is
'What Mailchimp itself counts of members beyond the number of events that it lists of one member.';
comment on column stats.reconciliation.deleted_hide is
'Most that members known as deleted can have done between our last reading of them and their deletion, '
'and erased ones before our first: no more of these than recipients, openers and clickers lack here, and '
'nothing that Mailchimp itself counts of members it still lists.';
comment on column stats.reconciliation.deleted_hold is 'What we hold of members deleted since.';
comment on column stats.reconciliation.flags_missing is
'Opens (or members) of which Mailchimp has not said whether a proxy made them.';
comment on column stats.reconciliation.accepted is
'Part of the difference that a person has accepted (stats.accepted_difference).';
comment on column stats.reconciliation.unexplained is 'Part of the difference that nothing explains.';
comment on column stats.reconciliation.unexplained_since is
'Since when the figures differ without explanation; null while they do not.';
comment on column stats.reconciliation.explanation is
'Null when equal; unexplained if any part is; else activity_cap, deleted_members, kept_after_deletion, '
'proxy_flags_missing, changed_while_reading (until the next reading), or accepted.';
comment on column stats.reconciliation.checked_at is 'When they were compared.';

create table stats.accepted_difference (
    campaign_id text not null references stats.campaigns,
    metric text not null references stats.metric,
    accepted_at timestamptz not null default clock_timestamp(),
    accepted_by text not null,
    reason text not null,
    ours bigint not null,
    mailchimps bigint not null,
    accepted bigint not null,
    holds bigint not null,
    primary key (campaign_id, metric, accepted_at)
);
comment on table stats.accepted_difference is
'Differences that a person took as final; the newest row of a campaign''s metric counts.';
comment on column stats.accepted_difference.campaign_id is 'The campaign.';
comment on column stats.accepted_difference.metric is 'What is counted.';
comment on column stats.accepted_difference.accepted_at is 'When.';
comment on column stats.accepted_difference.accepted_by is 'Who: the user who started the run, and the run.';
comment on column stats.accepted_difference.reason is 'Why, in that person''s words.';
comment on column stats.accepted_difference.ours is 'Our count then.';
comment on column stats.accepted_difference.mailchimps is 'Mailchimp''s figure then.';
comment on column stats.accepted_difference.accepted is
'Unexplained part of the difference then (Mailchimp''s less ours).';
comment on column stats.accepted_difference.holds is
'What of it is still accepted: it shrinks with the difference and never grows.';

-- ---------------------------------------------------------------- whom a member stood for

create index on sync.consent_proof (list_id, subscriber_hash, justified_at);

create view stats.recipient_contact as
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

-- ---------------------------------------------------------------- who reads all this

create table stats.bi_login (
    login text primary key
);
comment on table stats.bi_login is
'Logins of BI tools: they get their rights anew after each migration, on what it has brought.';
comment on column stats.bi_login.login is 'Name of the role.';
