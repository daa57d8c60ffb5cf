-- What Mailchimp's reports tell, as BI reads it: one table a stream, natural keys, every column
-- described.

-- ---------------------------------------------------------------- report snapshots

create table stats.report_snapshots (
    campaign_id text not null references stats.campaigns,
    taken_at timestamptz not null default now(),
    list_id text references stats.lists,
    emails_sent bigint not null default 0,
    opens_total bigint not null default 0,
    unique_opens bigint not null default 0,
    proxy_excluded_opens bigint,
    proxy_excluded_unique_opens bigint,
    open_rate double precision,
    last_open_at timestamptz,
    clicks_total bigint not null default 0,
    unique_clicks bigint not null default 0,
    unique_subscriber_clicks bigint not null default 0,
    click_rate double precision,
    last_click_at timestamptz,
    unsubscribed bigint not null default 0,
    hard_bounces bigint not null default 0,
    soft_bounces bigint not null default 0,
    syntax_errors bigint not null default 0,
    abuse_reports bigint not null default 0,
    forwards_count bigint not null default 0,
    forwards_opens bigint not null default 0,
    ab_split jsonb,
    timewarp jsonb,
    timeseries jsonb,
    list_stats jsonb,
    industry_stats jsonb,
    delivery_status jsonb,
    ecommerce jsonb,
    extra jsonb,
    primary key (campaign_id, taken_at)
);
comment on table stats.report_snapshots is
'Append-only history of each campaign''s report: a row for every time its figures had changed.';
comment on column stats.report_snapshots.campaign_id is 'The campaign.';
comment on column stats.report_snapshots.taken_at is 'When the report was read.';
comment on column stats.report_snapshots.list_id is 'Audience it went to.';
comment on column stats.report_snapshots.emails_sent is 'Mails sent so far.';
comment on column stats.report_snapshots.opens_total is 'Opens, repeated ones and those by proxies included.';
comment on column stats.report_snapshots.unique_opens is 'Members who opened, proxies included.';
comment on column stats.report_snapshots.proxy_excluded_opens is
'Opens without those by mail privacy proxies; null where the API does not say.';
comment on column stats.report_snapshots.proxy_excluded_unique_opens is
'Members who opened, without proxies; null where the API does not say.';
comment on column stats.report_snapshots.open_rate is 'unique_opens per successful delivery, 0 to 1.';
comment on column stats.report_snapshots.last_open_at is 'Newest open.';
comment on column stats.report_snapshots.clicks_total is 'Clicks, repeated ones included.';
comment on column stats.report_snapshots.unique_clicks is 'Distinct pairs of member and link.';
comment on column stats.report_snapshots.unique_subscriber_clicks is 'Members who clicked.';
comment on column stats.report_snapshots.click_rate is 'Members who clicked per successful delivery, 0 to 1.';
comment on column stats.report_snapshots.last_click_at is 'Newest click.';
comment on column stats.report_snapshots.unsubscribed is 'Members who unsubscribed through this campaign.';
comment on column stats.report_snapshots.hard_bounces is 'Permanent delivery failures.';
comment on column stats.report_snapshots.soft_bounces is 'Temporary delivery failures.';
comment on column stats.report_snapshots.syntax_errors is 'Failures because of malformed addresses.';
comment on column stats.report_snapshots.abuse_reports is 'Complaints.';
comment on column stats.report_snapshots.forwards_count is 'Times the mail was forwarded.';
comment on column stats.report_snapshots.forwards_opens is 'Opens of forwarded mails.';
comment on column stats.report_snapshots.ab_split is 'Figures of the groups of an A/B split.';
comment on column stats.report_snapshots.timewarp is 'Figures per time zone of a timewarp send.';
comment on column stats.report_snapshots.timeseries is 'Hourly figures of the first 24 hours.';
comment on column stats.report_snapshots.list_stats is 'The audience''s averages at that time.';
comment on column stats.report_snapshots.industry_stats is 'The industry''s averages at that time.';
comment on column stats.report_snapshots.delivery_status is 'State of a send in progress.';
comment on column stats.report_snapshots.ecommerce is 'Orders that Mailchimp attributes to the campaign.';
comment on column stats.report_snapshots.extra is 'Fields the API has added since; kept as they came.';

create table stats.report_listing (
    began_at timestamptz primary key,
    ended_at timestamptz not null default clock_timestamp()
);
comment on table stats.report_listing is
'Times at which the reports of all campaigns were looked at: a report without a new snapshot was the same.';
comment on column stats.report_listing.began_at is 'When the listing was begun.';
comment on column stats.report_listing.ended_at is 'When everything that had changed was stored.';

create view stats.latest_report as
select newest.* -- noqa: AM04
from stats.campaigns as campaign
cross join lateral (
    select snapshot.*
    from stats.report_snapshots as snapshot
    where snapshot.campaign_id = campaign.campaign_id
    order by snapshot.taken_at desc
    limit 1
) as newest;
comment on view stats.latest_report is 'The newest snapshot of each campaign''s report.';

-- A view says of its columns what the tables below it say.
create function stats.describe_as(view_name regclass, table_name regclass) returns void
language plpgsql as $$
declare
    described record;
begin
    for described in
        select attribute.attname, col_description(attribute.attrelid, attribute.attnum) as words
        from pg_attribute as attribute
        where attribute.attrelid = table_name and attribute.attnum > 0 and not attribute.attisdropped
    loop
        execute format('comment on column %s.%I is %L', view_name, described.attname, described.words);
    end loop;
end
$$;
comment on function stats.describe_as is 'Gives the columns of a view the comments of a table''s columns.';
select stats.describe_as('stats.latest_report', 'stats.report_snapshots');

-- ---------------------------------------------------------------- parts of A/B tests

create table stats.sub_report_snapshots (
    part_id text not null,
    like stats.report_snapshots including defaults including comments,
    type text,
    title text,
    subject_line text,
    sent_at timestamptz,
    primary key (campaign_id, part_id, taken_at),
    foreign key (campaign_id) references stats.campaigns,
    foreign key (list_id) references stats.lists
);
comment on table stats.sub_report_snapshots is
'Append-only history of the reports of a campaign''s parts: the groups of an A/B test. They are no '
'campaigns, so part_id stands in no other table.';
comment on column stats.sub_report_snapshots.part_id is 'Mailchimp''s id of the part.';
comment on column stats.sub_report_snapshots.type is 'Kind of the part, as the report says.';
comment on column stats.sub_report_snapshots.title is 'Internal title of the part.';
comment on column stats.sub_report_snapshots.subject_line is
'Subject of the part, which is often what is tested.';
comment on column stats.sub_report_snapshots.sent_at is 'When the part was sent.';

create view stats.latest_sub_report as
select distinct on (campaign_id, part_id) * -- noqa: AM04
from stats.sub_report_snapshots
order by campaign_id asc, part_id asc, taken_at desc;
comment on view stats.latest_sub_report is 'The newest snapshot of the report of each part of a campaign.';
select stats.describe_as('stats.latest_sub_report', 'stats.sub_report_snapshots');

create table stats.campaign_part (
    part_id text primary key,
    campaign_id text not null
);
comment on table stats.campaign_part is
'Parts of A/B tests that Mailchimp has told of. Lists of campaigns and reports that name them are read '
'without them: their mails and events are those of the whole.';
comment on column stats.campaign_part.part_id is 'Mailchimp''s id of the part. No foreign key: no campaign.';
comment on column stats.campaign_part.campaign_id is
'The campaign it is a part of. No foreign key: it may turn out to be a part itself.';

-- ---------------------------------------------------------------- recipients

create table stats.campaign_recipients (
    campaign_id text not null references stats.campaigns,
    subscriber_hash text not null,
    list_id text,
    delivery_status text not null,
    absplit_group text,
    gmt_offset integer,
    extra jsonb,
    activity_extra jsonb,
    first_seen_at timestamptz not null default now(),
    sent_after timestamptz,
    changed_at timestamptz not null default now(),
    gone_after timestamptz,
    gone_at timestamptz,
    primary key (campaign_id, subscriber_hash),
    foreign key (list_id, subscriber_hash) references stats.members
);
create index on stats.campaign_recipients (subscriber_hash);
comment on table stats.campaign_recipients is 'Who was sent which campaign, and whether it arrived.';
comment on column stats.campaign_recipients.campaign_id is 'The campaign.';
comment on column stats.campaign_recipients.subscriber_hash is 'The member: md5 of the lower-cased address.';
comment on column stats.campaign_recipients.list_id is 'The audience.';
comment on column stats.campaign_recipients.delivery_status is 'sent, or the kind of bounce: hard, soft.';
comment on column stats.campaign_recipients.absplit_group is
'A/B group: a, b, winner, or a combination''s id.';
comment on column stats.campaign_recipients.gmt_offset is 'Time zone group of a timewarp send, hours.';
comment on column stats.campaign_recipients.extra is 'Fields the API has added since; kept as they came.';
comment on column stats.campaign_recipients.first_seen_at is 'When the pipeline first saw the row.';
comment on column stats.campaign_recipients.sent_after is
'For who was not listed at an earlier look, when the report counted fewer mails: the newest look at which it '
'still did, so the mail was sent between then and first_seen_at. Null: listed at the first look.';
comment on column stats.campaign_recipients.changed_at is 'When the row last changed.';
comment on column stats.campaign_recipients.activity_extra is
'Fields beside the events themselves that the API has added to email-activity and open-details.';
comment on column stats.campaign_recipients.gone_after is
'For a deleted member: when the events were last read before; null if they never were.';
comment on column stats.campaign_recipients.gone_at is
'Since when Mailchimp''s whole list of recipients lacks the member: deleted there. Null: listed.';

-- ---------------------------------------------------------------- events

create table stats.campaign_activities (
    campaign_id text not null references stats.campaigns,
    list_id text,
    subscriber_hash text not null,
    action text not null check (action in ('open', 'click', 'bounce')),
    occurred_at timestamptz not null,
    url text,
    ip text,
    bounce_type text,
    is_proxy_open boolean,
    ordinal integer not null,
    url_key uuid not null generated always as (md5(coalesce(url, ''))::uuid) stored,
    extra jsonb,
    open_extra jsonb,
    first_seen_at timestamptz not null default now(),
    primary key (campaign_id, subscriber_hash, action, occurred_at, url_key, ordinal),
    foreign key (list_id, subscriber_hash) references stats.members
) partition by range (occurred_at);
create index on stats.campaign_activities (subscriber_hash, occurred_at);
comment on table stats.campaign_activities is
'Events of recipients, one row an open, click or bounce; partitioned by month (UTC).';
comment on column stats.campaign_activities.campaign_id is 'The campaign.';
comment on column stats.campaign_activities.list_id is 'The audience.';
comment on column stats.campaign_activities.subscriber_hash is 'The member: md5 of the lower-cased address.';
comment on column stats.campaign_activities.action is 'open, click or bounce.';
comment on column stats.campaign_activities.occurred_at is 'When it happened, to the second.';
comment on column stats.campaign_activities.url is 'Link clicked, verbatim; null for opens and bounces.';
comment on column stats.campaign_activities.ip is
'IP address of an open or click, verbatim; retention clears it.';
comment on column stats.campaign_activities.bounce_type is 'hard or soft, for bounces.';
comment on column stats.campaign_activities.is_proxy_open is
'Whether a mail privacy proxy opened it; null where the API does not say.';
comment on column stats.campaign_activities.ordinal is
'1, 2, … among the same member''s same action on the same link within one second.';
comment on column stats.campaign_activities.url_key is
'md5 of the URL, as in mart.links: keys stay short however long a URL is. No foreign key: the '
'list of events gives a link''s URL alone, and the list of links is read at another time.';
comment on column stats.campaign_activities.extra is 'Fields the API has added since; kept as they came.';
comment on column stats.campaign_activities.open_extra is
'For opens: fields the API has added to open-details since; kept as they came.';
comment on column stats.campaign_activities.first_seen_at is 'When the pipeline first saw the event.';

-- A partition is made apart and then attached: creating it in place would lock out readers.
create function stats.ensure_activity_month(month date) returns void
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
comment on function stats.ensure_activity_month is 'Creates the partition of events for a month, if missing.';

-- ---------------------------------------------------------------- unsubscribes, complaints

create table stats.campaign_unsubscribes (
    campaign_id text not null references stats.campaigns,
    list_id text,
    subscriber_hash text not null,
    reason text,
    unsubscribed_at timestamptz not null,
    extra jsonb,
    first_seen_at timestamptz not null default now(),
    primary key (campaign_id, subscriber_hash),
    foreign key (list_id, subscriber_hash) references stats.members
);
create index on stats.campaign_unsubscribes (subscriber_hash);
comment on table stats.campaign_unsubscribes is 'Who unsubscribed through which campaign, and why.';
comment on column stats.campaign_unsubscribes.campaign_id is 'The campaign.';
comment on column stats.campaign_unsubscribes.list_id is 'The audience.';
comment on column stats.campaign_unsubscribes.subscriber_hash is
'The member: md5 of the lower-cased address.';
comment on column stats.campaign_unsubscribes.reason is 'Reason the person gave, in Mailchimp''s words.';
comment on column stats.campaign_unsubscribes.unsubscribed_at is 'When.';
comment on column stats.campaign_unsubscribes.extra is 'Fields the API has added since; kept as they came.';
comment on column stats.campaign_unsubscribes.first_seen_at is 'When the pipeline first saw the row.';

create table stats.campaign_abuse_reports (
    campaign_id text not null references stats.campaigns,
    report_id bigint not null,
    list_id text,
    subscriber_hash text not null,
    reported_at timestamptz,
    extra jsonb,
    first_seen_at timestamptz not null default now(),
    primary key (campaign_id, report_id),
    foreign key (list_id, subscriber_hash) references stats.members
);
create index on stats.campaign_abuse_reports (subscriber_hash);
comment on table stats.campaign_abuse_reports is 'Who reported which campaign as abuse.';
comment on column stats.campaign_abuse_reports.campaign_id is 'The campaign.';
comment on column stats.campaign_abuse_reports.report_id is 'Mailchimp''s id of the complaint.';
comment on column stats.campaign_abuse_reports.list_id is 'The audience.';
comment on column stats.campaign_abuse_reports.subscriber_hash is
'The member: md5 of the lower-cased address.';
comment on column stats.campaign_abuse_reports.reported_at is 'When.';
comment on column stats.campaign_abuse_reports.extra is 'Fields the API has added since; kept as they came.';
comment on column stats.campaign_abuse_reports.first_seen_at is 'When the pipeline first saw the row.';

-- ---------------------------------------------------------------- links

create table stats.link_clicks (
    campaign_id text not null references stats.campaigns,
    link_id text not null,
    url text not null,
    total_clicks bigint not null default 0,
    unique_clicks bigint not null default 0,
    click_percentage double precision,
    unique_click_percentage double precision,
    last_click_at timestamptz,
    ab_split jsonb,
    extra jsonb,
    read_at timestamptz not null default now(),
    primary key (campaign_id, link_id)
);
comment on table stats.link_clicks is
'Every link of a campaign with its click totals, as Mailchimp counts them.';
comment on column stats.link_clicks.campaign_id is 'The campaign.';
comment on column stats.link_clicks.link_id is 'Mailchimp''s id of the link within the campaign.';
comment on column stats.link_clicks.url is 'The link, verbatim.';
comment on column stats.link_clicks.total_clicks is 'Clicks, repeated ones included.';
comment on column stats.link_clicks.unique_clicks is 'Members who clicked it.';
comment on column stats.link_clicks.click_percentage is
'Its part of all clicks of the campaign, as Mailchimp gives it.';
comment on column stats.link_clicks.unique_click_percentage is
'Its part of all unique clicks of the campaign, as Mailchimp gives it.';
comment on column stats.link_clicks.last_click_at is 'Newest click.';
comment on column stats.link_clicks.ab_split is 'Clicks of the groups of an A/B split.';
comment on column stats.link_clicks.extra is 'Fields the API has added since; kept as they came.';
comment on column stats.link_clicks.read_at is 'When the row was last read.';

create table stats.link_member_clicks (
    campaign_id text not null,
    link_id text not null,
    list_id text,
    subscriber_hash text not null,
    clicks bigint not null,
    extra jsonb,
    changed_at timestamptz not null default now(),
    primary key (campaign_id, link_id, subscriber_hash),
    foreign key (campaign_id, link_id) references stats.link_clicks,
    foreign key (list_id, subscriber_hash) references stats.members
);
create index on stats.link_member_clicks (subscriber_hash);
comment on table stats.link_member_clicks is
'Who clicked which link how often, as Mailchimp counts it: complete also beyond the cap on events.';
comment on column stats.link_member_clicks.campaign_id is 'The campaign.';
comment on column stats.link_member_clicks.link_id is 'The link.';
comment on column stats.link_member_clicks.list_id is 'The audience.';
comment on column stats.link_member_clicks.subscriber_hash is 'The member: md5 of the lower-cased address.';
comment on column stats.link_member_clicks.clicks is 'Clicks of this member on this link.';
comment on column stats.link_member_clicks.extra is 'Fields the API has added since; kept as they came.';
comment on column stats.link_member_clicks.changed_at is 'When the row last changed.';

-- ---------------------------------------------------------------- domains, locations

create table stats.domain_performance (
    campaign_id text not null references stats.campaigns,
    domain text not null,
    emails_sent bigint,
    bounces bigint,
    opens bigint,
    clicks bigint,
    unsubs bigint,
    delivered bigint,
    emails_pct double precision,
    bounces_pct double precision,
    opens_pct double precision,
    clicks_pct double precision,
    unsubs_pct double precision,
    extra jsonb,
    read_at timestamptz not null default now(),
    primary key (campaign_id, domain)
);
comment on table stats.domain_performance is
'A campaign''s biggest e-mail domains, as Mailchimp counts them.';
comment on column stats.domain_performance.campaign_id is 'The campaign.';
comment on column stats.domain_performance.domain is 'Domain of the recipients'' addresses.';
comment on column stats.domain_performance.emails_sent is 'Mails sent to the domain.';
comment on column stats.domain_performance.bounces is 'Bounces at the domain.';
comment on column stats.domain_performance.opens is 'Opens at the domain.';
comment on column stats.domain_performance.clicks is 'Clicks at the domain.';
comment on column stats.domain_performance.unsubs is 'Unsubscribes at the domain.';
comment on column stats.domain_performance.delivered is 'Successful deliveries.';
comment on column stats.domain_performance.emails_pct is
'Part of the campaign''s mails, as Mailchimp gives it.';
comment on column stats.domain_performance.bounces_pct is 'Part of the campaign''s bounces.';
comment on column stats.domain_performance.opens_pct is 'Part of the campaign''s opens.';
comment on column stats.domain_performance.clicks_pct is 'Part of the campaign''s clicks.';
comment on column stats.domain_performance.unsubs_pct is 'Part of the campaign''s unsubscribes.';
comment on column stats.domain_performance.extra is 'Fields the API has added since; kept as they came.';
comment on column stats.domain_performance.read_at is 'When the row was read.';

create table stats.open_locations (
    campaign_id text not null references stats.campaigns,
    country_code text not null,
    region text not null,
    region_name text,
    opens bigint not null default 0,
    extra jsonb,
    read_at timestamptz not null default now(),
    primary key (campaign_id, country_code, region)
);
comment on table stats.open_locations is 'Where a campaign was opened, as Mailchimp counts it.';
comment on column stats.open_locations.campaign_id is 'The campaign.';
comment on column stats.open_locations.country_code is 'Country, ISO 3166-1 alpha-2; blank if unknown.';
comment on column stats.open_locations.region is
'Mailchimp''s code of the region; blank for the rest of the country.';
comment on column stats.open_locations.region_name is 'Name of the region.';
comment on column stats.open_locations.opens is 'Members who opened there.';
comment on column stats.open_locations.extra is 'Fields the API has added since; kept as they came.';
comment on column stats.open_locations.read_at is 'When the row was read.';
