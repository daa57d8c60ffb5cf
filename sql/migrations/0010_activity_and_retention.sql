-- Activity of audiences and of members, and what stays of events when retention removes them.

-- ---------------------------------------------------------------- activity of audiences

create table stats.audience_activity (
    list_id text not null references stats.lists,
    day date not null,
    emails_sent bigint,
    unique_opens bigint,
    recipient_clicks bigint,
    hard_bounces bigint,
    soft_bounces bigint,
    subs bigint,
    unsubs bigint,
    other_adds bigint,
    other_removes bigint,
    extra jsonb,
    read_at timestamptz not null default now(),
    primary key (list_id, day)
);
comment on table stats.audience_activity is
'Each audience day by day, as Mailchimp counts it: it tells the last 180 days, these rows stay longer.';
comment on column stats.audience_activity.list_id is 'The audience.';
comment on column stats.audience_activity.day is 'The day, as Mailchimp cuts it.';
comment on column stats.audience_activity.emails_sent is 'Mails sent.';
comment on column stats.audience_activity.unique_opens is 'Members who opened, per campaign.';
comment on column stats.audience_activity.recipient_clicks is 'Clicks.';
comment on column stats.audience_activity.hard_bounces is 'Permanent delivery failures.';
comment on column stats.audience_activity.soft_bounces is 'Temporary delivery failures.';
comment on column stats.audience_activity.subs is 'New subscribers.';
comment on column stats.audience_activity.unsubs is 'Unsubscribes.';
comment on column stats.audience_activity.other_adds is 'Members added by imports or the API.';
comment on column stats.audience_activity.other_removes is 'Members removed otherwise, such as deleted ones.';
comment on column stats.audience_activity.extra is 'Fields the API has added since; kept as they came.';
comment on column stats.audience_activity.read_at is 'When the row was last read.';

create table stats.list_state (
    list_id text primary key references stats.lists,
    read_at timestamptz not null
);
comment on table stats.list_state is 'When the histories of each audience were last read.';
comment on column stats.list_state.list_id is 'The audience.';
comment on column stats.list_state.read_at is
'When its months (stats.audience_growth) and days (stats.audience_activity) were last read.';

-- ---------------------------------------------------------------- activity of members

create table stats.member_activities (
    list_id text not null references stats.lists,
    subscriber_hash text not null,
    activity_type text not null,
    occurred_at timestamptz not null,
    ordinal integer not null,
    campaign_id text,
    url text,
    bounce_type text,
    unsubscribe_reason text,
    is_admin_unsubscribed boolean,
    signup_category text,
    outreach_id text,
    permission_granted boolean,
    event_name text,
    extra jsonb,
    first_seen_at timestamptz not null default now(),
    primary key (list_id, subscriber_hash, activity_type, occurred_at, ordinal)
);
create index on stats.member_activities (subscriber_hash);
create index on stats.member_activities (occurred_at);
comment on table stats.member_activities is
'What Mailchimp''s activity feed tells of members of our audiences that left: how they came, what they did, '
'how they went, also outside campaigns.';
comment on column stats.member_activities.list_id is 'The audience.';
comment on column stats.member_activities.subscriber_hash is 'The member: md5 of the lower-cased address.';
comment on column stats.member_activities.activity_type is
'sent, open, click, bounce, unsub, generic_signup, marketing_permission, event, order, …';
comment on column stats.member_activities.occurred_at is 'When it happened.';
comment on column stats.member_activities.ordinal is
'1, 2, … among the same member''s same type within one second.';
comment on column stats.member_activities.campaign_id is 'The campaign, also of automations; null otherwise.';
comment on column stats.member_activities.url is 'Link clicked, verbatim.';
comment on column stats.member_activities.bounce_type is 'hard or soft, for bounces.';
comment on column stats.member_activities.unsubscribe_reason is
'Why the member unsubscribed, in Mailchimp''s words.';
comment on column stats.member_activities.is_admin_unsubscribed is
'Whether somebody of the account unsubscribed the member.';
comment on column stats.member_activities.signup_category is 'How the member signed up.';
comment on column stats.member_activities.outreach_id is 'Form, page or postcard it came from.';
comment on column stats.member_activities.permission_granted is
'Whether a marketing permission was given or withdrawn.';
comment on column stats.member_activities.event_name is 'Name of an event sent by an application.';
comment on column stats.member_activities.extra is 'Fields the API has added since; kept as they came.';
comment on column stats.member_activities.first_seen_at is 'When the pipeline first saw the row.';

create table stats.member_activity_state (
    list_id text not null references stats.lists,
    subscriber_hash text not null,
    as_of timestamptz not null,
    read_at timestamptz not null default now(),
    primary key (list_id, subscriber_hash)
);
create index on stats.member_activity_state (subscriber_hash);
comment on table stats.member_activity_state is 'When each member''s activity feed was last read.';
comment on column stats.member_activity_state.list_id is 'The audience.';
comment on column stats.member_activity_state.subscriber_hash is
'The member: md5 of the lower-cased address.';
comment on column stats.member_activity_state.as_of is
'Change of the member, by the ledger, that it was read for; another one asks for another reading.';
comment on column stats.member_activity_state.read_at is 'When it was read.';

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
    primary key (campaign_id, subscriber_hash)
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

-- A partition is made apart and then attached: creating it in place would lock out readers.
create or replace function stats.ensure_activity_month(month date) returns void
language plpgsql as $$
declare
    partition_name text := 'campaign_activities_' || to_char(month, 'YYYY_MM');
    lower_bound timestamptz := date_trunc('month', month::timestamp) at time zone 'UTC';
    upper_bound timestamptz := (date_trunc('month', month::timestamp) + interval '1 month') at time zone 'UTC';
begin
    if to_regclass('stats.' || partition_name) is not null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtextextended('stats.ensure_activity_month', 0));
    if to_regclass('stats.' || partition_name) is not null then
        return;
    end if;
    execute format('create table stats.%I (like stats.campaign_activities including all)', partition_name);
    execute format(
        'comment on table stats.%I is %L', partition_name,
        'Events of ' || to_char(month, 'YYYY-MM') || ' (UTC): a part of stats.campaign_activities.'
    );
    execute format(
        'alter table stats.campaign_activities attach partition stats.%I for values from (%L) to (%L)',
        partition_name, lower_bound, upper_bound
    );
end
$$;

-- ---------------------------------------------------------------- comments of views

do $$
declare
    described record;
begin
    for described in
        select attribute.attname, col_description(attribute.attrelid, attribute.attnum) as words
        from pg_attribute as attribute
        where
            attribute.attrelid = 'stats.report_snapshots'::regclass
            and attribute.attnum > 0 and not attribute.attisdropped
    loop
        execute format(
            'comment on column stats.latest_report.%I is %L', described.attname, described.words
        );
    end loop;
end
$$;
comment on column stats.stream_gate.campaign_id is 'The campaign.';
comment on column stats.stream_gate.stream is 'Name of the stream.';
comment on column stats.stream_gate.figures is
'Figures of the newest report that change when the stream has news.';
comment on column stats.stream_gate.is_empty is 'Whether they say that there is nothing to read.';
comment on column stats.stale_stream.campaign_id is 'The campaign.';
comment on column stats.stale_stream.stream is 'Name of the stream.';
comment on column stats.stale_stream.figures is 'Figures at which it is to be read.';
comment on column stats.stale_stream.is_lacking is
'Whether a difference in which something lacks is due for another look.';
