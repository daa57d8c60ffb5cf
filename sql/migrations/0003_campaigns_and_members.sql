-- Audiences, campaigns and members: what everything else in stats refers to. Members are known by
-- subscriber hash; contacts join through sync.member.

-- ---------------------------------------------------------------- audiences

create table stats.lists (
    list_id text primary key,
    web_id bigint,
    name text,
    created_at timestamptz,
    list_rating bigint,
    visibility text,
    double_optin boolean,
    member_count bigint,
    unsubscribe_count bigint,
    cleaned_count bigint,
    total_contacts bigint,
    campaign_count bigint,
    campaign_last_sent_at timestamptz,
    open_rate double precision,
    click_rate double precision,
    avg_sub_rate double precision,
    avg_unsub_rate double precision,
    last_sub_at timestamptz,
    last_unsub_at timestamptz,
    extra jsonb,
    first_seen_at timestamptz not null default now(),
    read_at timestamptz,
    gone_at timestamptz
);
comment on table stats.lists is
'Every audience of the account, as Mailchimp lists it, and those that campaigns or the sync still name.';
comment on column stats.lists.list_id is 'Mailchimp''s id of the audience.';
comment on column stats.lists.web_id is 'Id in the address of the audience in Mailchimp''s web application.';
comment on column stats.lists.name is 'Name of the audience.';
comment on column stats.lists.created_at is 'When the audience was created.';
comment on column stats.lists.list_rating is 'Mailchimp''s score of its activity, 0 to 5.';
comment on column stats.lists.visibility is 'pub or prv.';
comment on column stats.lists.double_optin is 'Whether who signs up by a form must confirm.';
comment on column stats.lists.member_count is 'Subscribed members.';
comment on column stats.lists.unsubscribe_count is 'Members that unsubscribed.';
comment on column stats.lists.cleaned_count is 'Members cleaned after hard bounces.';
comment on column stats.lists.total_contacts is 'Members of any status but archived.';
comment on column stats.lists.campaign_count is 'Campaigns of any state that use the audience.';
comment on column stats.lists.campaign_last_sent_at is 'Newest campaign sent to it.';
comment on column stats.lists.open_rate is
'Average open rate per campaign, as Mailchimp gives it (0 to 100).';
comment on column stats.lists.click_rate is
'Average click rate per campaign, as Mailchimp gives it (0 to 100).';
comment on column stats.lists.avg_sub_rate is 'Average new members a month, as Mailchimp gives it.';
comment on column stats.lists.avg_unsub_rate is 'Average unsubscribes a month, as Mailchimp gives it.';
comment on column stats.lists.last_sub_at is 'Newest subscription.';
comment on column stats.lists.last_unsub_at is 'Newest unsubscribe.';
comment on column stats.lists.extra is 'Fields the API has added since; kept as they came.';
comment on column stats.lists.first_seen_at is 'When the pipeline first saw the audience.';
comment on column stats.lists.read_at is
'When Mailchimp last listed it; null if it is known from campaigns or the sync only.';
comment on column stats.lists.gone_at is 'When Mailchimp was first found to list it no more.';

-- ---------------------------------------------------------------- campaigns

create table stats.campaigns (
    campaign_id text primary key,
    web_id bigint,
    parent_campaign_id text,
    list_id text references stats.lists,
    list_name text,
    type text,
    status text,
    title text,
    subject_line text,
    preview_text text,
    from_name text,
    reply_to text,
    content_type text,
    segment_text text,
    recipient_count bigint,
    emails_sent bigint,
    created_at timestamptz,
    sent_at timestamptz,
    archive_url text,
    variate_settings jsonb,
    ab_split_options jsonb,
    extra jsonb,
    first_seen_at timestamptz not null default now(),
    read_at timestamptz not null default now(),
    gone_at timestamptz,
    sent_on_until timestamptz,
    is_ongoing boolean not null
    generated always as (coalesce(type in ('automation', 'auto'), false) or sent_on_until is not null) stored,
    counted_at timestamptz generated always as (coalesce(sent_at, created_at, first_seen_at)) stored,
    is_series boolean not null
    generated always as (coalesce(type = 'rss' and parent_campaign_id is null, false)) stored
);
create index on stats.campaigns (list_id, sent_at);
create index on stats.campaigns (sent_at);
create index on stats.campaigns (counted_at);
create index on stats.campaigns (parent_campaign_id);
comment on table stats.campaigns is
'Every campaign of the account, of all types, also those made in Mailchimp by hand.';
comment on column stats.campaigns.campaign_id is 'Mailchimp''s id of the campaign.';
comment on column stats.campaigns.web_id is
'Id in the address of the campaign in Mailchimp''s web application.';
comment on column stats.campaigns.parent_campaign_id is
'Campaign that this one is a mail of (RSS), or that it repeats (resend); null: it stands alone. No foreign '
'key: the parent of an automation''s mail is no campaign.';
comment on column stats.campaigns.counted_at is
'Moment whose day and month the campaign counts in: its sending; where Mailchimp gives none, its creation.';
comment on column stats.campaigns.sent_on_until is
'Newest time at which it was found to send on, more than two days after its time of sending; null: never.';
comment on column stats.campaigns.is_ongoing is
'Whether it has no end, as an automation or a welcome mail: each recipient gets it at a time of their own. '
'By its type, or because it was found to send on.';
comment on column stats.campaigns.is_series is
'Whether it sends nothing itself: each mail of an RSS campaign is a campaign of its own, with this parent.';
comment on column stats.campaigns.list_id is 'Audience it goes to.';
comment on column stats.campaigns.list_name is 'Name of the audience.';
comment on column stats.campaigns.type is 'regular, plaintext, absplit, rss, variate, …';
comment on column stats.campaigns.status is 'save, paused, schedule, sending, sent, …';
comment on column stats.campaigns.title is 'Internal title.';
comment on column stats.campaigns.subject_line is 'Subject as recipients see it.';
comment on column stats.campaigns.preview_text is 'Line that mail programs show after the subject.';
comment on column stats.campaigns.from_name is 'Name of the sender.';
comment on column stats.campaigns.reply_to is 'Address that answers go to.';
comment on column stats.campaigns.content_type is 'How the body was made: template, html, url, multichannel.';
comment on column stats.campaigns.segment_text is 'Mailchimp''s description of the segment it went to.';
comment on column stats.campaigns.recipient_count is
'Members of the audience or segment, as Mailchimp counts them.';
comment on column stats.campaigns.emails_sent is 'Mails sent.';
comment on column stats.campaigns.created_at is 'When the campaign was created.';
comment on column stats.campaigns.sent_at is 'When it was sent; null before.';
comment on column stats.campaigns.archive_url is 'Public page that shows the mail.';
comment on column stats.campaigns.variate_settings is 'Settings and combinations of a multivariate test.';
comment on column stats.campaigns.ab_split_options is 'Settings of an A/B split of the older kind.';
comment on column stats.campaigns.extra is 'Fields the API has added since; kept as they came.';
comment on column stats.campaigns.first_seen_at is 'When the pipeline first saw the campaign.';
comment on column stats.campaigns.read_at is 'When the pipeline last read these columns.';
comment on column stats.campaigns.gone_at is
'When Mailchimp no longer knew the campaign; what was read of it stays.';

-- A campaign names its audience before the audience is read.
create function stats.know_list() returns trigger
language plpgsql as $$
begin
    if new.list_id is not null then
        insert into stats.lists (list_id, name) values (new.list_id, new.list_name)
        on conflict (list_id) do nothing;
    end if;
    return new;
end
$$;
comment on function stats.know_list is 'Makes the row of stats.lists that a campaign refers to.';
create trigger know_list before insert or update of list_id on stats.campaigns
for each row execute function stats.know_list();

-- ---------------------------------------------------------------- members

create table stats.members (
    list_id text not null references stats.lists,
    subscriber_hash text not null,
    is_erased boolean not null default false,
    first_seen_at timestamptz not null default now(),
    primary key (list_id, subscriber_hash)
);
create index on stats.members (subscriber_hash);
comment on table stats.members is
'Everyone whom a report or the sync names, by audience, also who was archived or deleted since: what '
'recipients, events and the rest refer to. Who they are tells mart.members.';
comment on column stats.members.list_id is 'The audience.';
comment on column stats.members.subscriber_hash is
'The member: md5 of the lower-cased address; a random token once the person was erased.';
comment on column stats.members.is_erased is
'Whether the person was erased: the row is nobody''s, and only keeps totals true.';
comment on column stats.members.first_seen_at is 'When the pipeline first heard of the member.';

-- Before rows are loaded, in the same transaction. In the order of the key: loads of several campaigns
-- of one audience wait for each other, and never in a circle.
create function stats.know_members(landing regclass, of_campaign_id text) returns void
language plpgsql as $$
begin
    execute format(
        $query$
        update %s as landed
        set list_id = campaign.list_id
        from stats.campaigns as campaign
        where landed.list_id is null and campaign.campaign_id = $1
        $query$,
        landing
    )
    using of_campaign_id;
    execute format(
        $query$
        with named as (
            select distinct landed.list_id, landed.subscriber_hash
            from %s as landed
            where landed.list_id is not null
        ),

        audience as (
            insert into stats.lists (list_id)
            select distinct named.list_id
            from named
            on conflict (list_id) do nothing
        )

        insert into stats.members (list_id, subscriber_hash)
        select named.list_id, named.subscriber_hash
        from named
        where not exists (
            select from stats.members as known
            where known.list_id = named.list_id and known.subscriber_hash = named.subscriber_hash
        )
        order by named.list_id, named.subscriber_hash
        on conflict (list_id, subscriber_hash) do nothing
        $query$,
        landing
    );
end
$$;
comment on function stats.know_members is
'Makes the rows of stats.members that a landing table refers to; who lacks an audience gets the campaign''s.';

-- ---------------------------------------------------------------- audiences over time

create table stats.audience_growth (
    list_id text not null references stats.lists,
    month date not null,
    subscribed bigint,
    unsubscribed bigint,
    reconfirm bigint,
    cleaned bigint,
    pending bigint,
    deleted bigint,
    transactional bigint,
    existing bigint,
    imports bigint,
    optins bigint,
    extra jsonb,
    read_at timestamptz not null default now(),
    primary key (list_id, month)
);
comment on table stats.audience_growth is 'How each audience grew, month by month.';
comment on column stats.audience_growth.list_id is 'The audience.';
comment on column stats.audience_growth.month is 'First day of the month.';
comment on column stats.audience_growth.subscribed is 'Subscribed members at the end of the month.';
comment on column stats.audience_growth.unsubscribed is 'Newly unsubscribed in the month.';
comment on column stats.audience_growth.reconfirm is 'Newly reconfirmed in the month.';
comment on column stats.audience_growth.cleaned is 'Newly cleaned (hard bounce) in the month.';
comment on column stats.audience_growth.pending is 'Waiting for confirmation.';
comment on column stats.audience_growth.deleted is 'Newly deleted in the month.';
comment on column stats.audience_growth.transactional is 'Who only received transactional mail.';
comment on column stats.audience_growth.existing is 'Deprecated by Mailchimp.';
comment on column stats.audience_growth.imports is 'Deprecated by Mailchimp.';
comment on column stats.audience_growth.optins is 'Deprecated by Mailchimp.';
comment on column stats.audience_growth.extra is 'Fields the API has added since; kept as they came.';
comment on column stats.audience_growth.read_at is 'When the row was last read.';

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
    list_id text not null,
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
    primary key (list_id, subscriber_hash, activity_type, occurred_at, ordinal),
    foreign key (list_id, subscriber_hash) references stats.members
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
comment on column stats.member_activities.campaign_id is
'The campaign, null outside one. No foreign key: it may be the mail of an automation without a report.';
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
    list_id text not null,
    subscriber_hash text not null,
    as_of timestamptz not null,
    read_at timestamptz not null default now(),
    primary key (list_id, subscriber_hash),
    foreign key (list_id, subscriber_hash) references stats.members
);
create index on stats.member_activity_state (subscriber_hash);
comment on table stats.member_activity_state is 'When each member''s activity feed was last read.';
comment on column stats.member_activity_state.list_id is 'The audience.';
comment on column stats.member_activity_state.subscriber_hash is
'The member: md5 of the lower-cased address.';
comment on column stats.member_activity_state.as_of is
'Change of the member, by the ledger, that it was read for; another one asks for another reading.';
comment on column stats.member_activity_state.read_at is 'When it was read.';
