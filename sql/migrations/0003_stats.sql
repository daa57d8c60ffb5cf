-- What Mailchimp's reports tell, as BI reads it: one table a stream, natural keys, every column
-- described. Members are known by subscriber hash; contacts join through sync.member.

-- ---------------------------------------------------------------- campaigns

create table stats.campaigns (
    campaign_id text primary key,
    web_id bigint,
    parent_campaign_id text,
    list_id text,
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
    is_series boolean not null
    generated always as (coalesce(type = 'rss' and parent_campaign_id is null, false)) stored
);
create index on stats.campaigns (list_id, sent_at);
create index on stats.campaigns (sent_at);
create index on stats.campaigns (parent_campaign_id);
comment on table stats.campaigns is
'Every campaign of the account, of all types, also those made in Mailchimp by hand.';
comment on column stats.campaigns.campaign_id is 'Mailchimp''s id of the campaign.';
comment on column stats.campaigns.web_id is
'Id in the address of the campaign in Mailchimp''s web application.';
comment on column stats.campaigns.parent_campaign_id is
'Campaign that this one is a mail of (RSS), or that it repeats (resend); null: it stands alone.';
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

-- ---------------------------------------------------------------- report snapshots

create table stats.report_snapshots (
    campaign_id text not null references stats.campaigns,
    taken_at timestamptz not null default now(),
    list_id text,
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

-- ---------------------------------------------------------------- parts of A/B tests

create table stats.sub_report_snapshots (
    campaign_id text not null references stats.campaigns,
    part_id text not null,
    taken_at timestamptz not null default clock_timestamp(),
    type text,
    title text,
    subject_line text,
    sent_at timestamptz,
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
    abuse_reports bigint not null default 0,
    forwards_count bigint not null default 0,
    forwards_opens bigint not null default 0,
    extra jsonb,
    primary key (campaign_id, part_id, taken_at)
);
comment on table stats.sub_report_snapshots is
'Append-only history of the reports of a campaign''s parts: the groups of an A/B test. They are no campaigns, '
'so part_id stands in no other table.';
comment on column stats.sub_report_snapshots.campaign_id is 'The whole campaign.';
comment on column stats.sub_report_snapshots.part_id is 'Mailchimp''s id of the part.';
comment on column stats.sub_report_snapshots.taken_at is 'When the report was read.';
comment on column stats.sub_report_snapshots.type is 'Kind of the part, as the report says.';
comment on column stats.sub_report_snapshots.title is 'Internal title of the part.';
comment on column stats.sub_report_snapshots.subject_line is
'Subject of the part, which is often what is tested.';
comment on column stats.sub_report_snapshots.sent_at is 'When the part was sent.';
comment on column stats.sub_report_snapshots.emails_sent is 'Mails sent so far.';
comment on column stats.sub_report_snapshots.opens_total is
'Opens, repeated ones and those by proxies included.';
comment on column stats.sub_report_snapshots.unique_opens is 'Members who opened, proxies included.';
comment on column stats.sub_report_snapshots.proxy_excluded_opens is
'Opens without those by mail privacy proxies; null where the API does not say.';
comment on column stats.sub_report_snapshots.proxy_excluded_unique_opens is
'Members who opened, without proxies; null where the API does not say.';
comment on column stats.sub_report_snapshots.open_rate is 'unique_opens per successful delivery, 0 to 1.';
comment on column stats.sub_report_snapshots.last_open_at is 'Newest open.';
comment on column stats.sub_report_snapshots.clicks_total is 'Clicks, repeated ones included.';
comment on column stats.sub_report_snapshots.unique_clicks is 'Distinct pairs of member and link.';
comment on column stats.sub_report_snapshots.unique_subscriber_clicks is 'Members who clicked.';
comment on column stats.sub_report_snapshots.click_rate is
'Members who clicked per successful delivery, 0 to 1.';
comment on column stats.sub_report_snapshots.last_click_at is 'Newest click.';
comment on column stats.sub_report_snapshots.unsubscribed is 'Members who unsubscribed through the part.';
comment on column stats.sub_report_snapshots.hard_bounces is 'Permanent delivery failures.';
comment on column stats.sub_report_snapshots.soft_bounces is 'Temporary delivery failures.';
comment on column stats.sub_report_snapshots.abuse_reports is 'Complaints.';
comment on column stats.sub_report_snapshots.forwards_count is 'Times the mail was forwarded.';
comment on column stats.sub_report_snapshots.forwards_opens is 'Opens of forwarded mails.';
comment on column stats.sub_report_snapshots.extra is
'Fields the API has added since; kept as they came.';

create view stats.latest_sub_report as
select distinct on (campaign_id, part_id) * -- noqa: AM04
from stats.sub_report_snapshots
order by campaign_id asc, part_id asc, taken_at desc;
comment on view stats.latest_sub_report is 'The newest snapshot of the report of each part of a campaign.';
comment on column stats.latest_sub_report.campaign_id is 'The whole campaign.';
comment on column stats.latest_sub_report.part_id is 'Mailchimp''s id of the part.';
comment on column stats.latest_sub_report.taken_at is 'When the report was read.';
comment on column stats.latest_sub_report.type is 'Kind of the part, as the report says.';
comment on column stats.latest_sub_report.title is 'Internal title of the part.';
comment on column stats.latest_sub_report.subject_line is
'Subject of the part, which is often what is tested.';
comment on column stats.latest_sub_report.sent_at is 'When the part was sent.';
comment on column stats.latest_sub_report.emails_sent is 'Mails sent so far.';
comment on column stats.latest_sub_report.opens_total is
'Opens, repeated ones and those by proxies included.';
comment on column stats.latest_sub_report.unique_opens is 'Members who opened, proxies included.';
comment on column stats.latest_sub_report.proxy_excluded_opens is
'Opens without those by mail privacy proxies; null where the API does not say.';
comment on column stats.latest_sub_report.proxy_excluded_unique_opens is
'Members who opened, without proxies; null where the API does not say.';
comment on column stats.latest_sub_report.open_rate is 'unique_opens per successful delivery, 0 to 1.';
comment on column stats.latest_sub_report.last_open_at is 'Newest open.';
comment on column stats.latest_sub_report.clicks_total is 'Clicks, repeated ones included.';
comment on column stats.latest_sub_report.unique_clicks is 'Distinct pairs of member and link.';
comment on column stats.latest_sub_report.unique_subscriber_clicks is 'Members who clicked.';
comment on column stats.latest_sub_report.click_rate is
'Members who clicked per successful delivery, 0 to 1.';
comment on column stats.latest_sub_report.last_click_at is 'Newest click.';
comment on column stats.latest_sub_report.unsubscribed is 'Members who unsubscribed through the part.';
comment on column stats.latest_sub_report.hard_bounces is 'Permanent delivery failures.';
comment on column stats.latest_sub_report.soft_bounces is 'Temporary delivery failures.';
comment on column stats.latest_sub_report.abuse_reports is 'Complaints.';
comment on column stats.latest_sub_report.forwards_count is 'Times the mail was forwarded.';
comment on column stats.latest_sub_report.forwards_opens is 'Opens of forwarded mails.';
comment on column stats.latest_sub_report.extra is
'Fields the API has added since; kept as they came.';

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
    changed_at timestamptz not null default now(),
    gone_after timestamptz,
    gone_at timestamptz,
    primary key (campaign_id, subscriber_hash)
);
create index on stats.campaign_recipients (subscriber_hash);
create index on stats.campaign_recipients using brin (changed_at);
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
    primary key (campaign_id, subscriber_hash, action, occurred_at, url_key, ordinal)
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
'md5 of the URL: keys stay short however long a URL is.';
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
    primary key (campaign_id, subscriber_hash)
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
    primary key (campaign_id, report_id)
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
    subscriber_hash text not null,
    clicks bigint not null,
    extra jsonb,
    changed_at timestamptz not null default now(),
    primary key (campaign_id, link_id, subscriber_hash),
    foreign key (campaign_id, link_id) references stats.link_clicks
);
create index on stats.link_member_clicks (subscriber_hash);
comment on table stats.link_member_clicks is
'Who clicked which link how often, as Mailchimp counts it: complete also beyond the cap on events.';
comment on column stats.link_member_clicks.campaign_id is 'The campaign.';
comment on column stats.link_member_clicks.link_id is 'The link.';
comment on column stats.link_member_clicks.subscriber_hash is 'The member: md5 of the lower-cased address.';
comment on column stats.link_member_clicks.clicks is 'Clicks of this member on this link.';
comment on column stats.link_member_clicks.extra is 'Fields the API has added since; kept as they came.';
comment on column stats.link_member_clicks.changed_at is 'When the row last changed.';

-- ---------------------------------------------------------------- domains, locations, growth

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

create table stats.audience_growth (
    list_id text not null,
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
    first_click_at timestamptz,
    last_click_at timestamptz,
    changed_at timestamptz not null default clock_timestamp(),
    primary key (campaign_id, subscriber_hash)
);
create index on stats.recipient_engagement (subscriber_hash);
create index on stats.recipient_engagement using brin (changed_at);
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
comment on column stats.recipient_engagement.first_click_at is 'First click.';
comment on column stats.recipient_engagement.last_click_at is 'Newest click.';
comment on column stats.recipient_engagement.changed_at is
'When the row last changed: what the marts catch up from.';

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
cross join lateral (
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

-- ---------------------------------------------------------------- reconciliation

create table stats.metric (
    metric text primary key,
    stream text not null,
    of_events boolean not null,
    description text not null
);
insert into stats.metric (metric, stream, of_events, description) values
('emails_sent', 'recipients', false, 'Recipients.'),
('hard_bounced_recipients', 'recipients', false, 'Recipients whose delivery status is a hard bounce.'),
('soft_bounced_recipients', 'recipients', false, 'Recipients whose delivery status is a soft bounce.'),
('opens_total', 'activity', true, 'Opens.'),
('unique_opens', 'activity', true, 'Members who opened.'),
('clicks_total', 'activity', true, 'Clicks.'),
('unique_clicks', 'activity', true, 'Distinct pairs of member and link.'),
('unique_subscriber_clicks', 'activity', true, 'Members who clicked.'),
('hard_bounces', 'activity', true, 'Hard bounces.'),
('soft_bounces', 'activity', true, 'Soft bounces.'),
('proxy_excluded_opens', 'proxy_opens', true, 'Opens not by a mail privacy proxy.'),
('proxy_excluded_unique_opens', 'proxy_opens', true, 'Members with an open not by a mail privacy proxy.'),
('unsubscribed', 'unsubscribes', false, 'Members who unsubscribed through the campaign.'),
('abuse_reports', 'abuse_reports', false, 'Complaints.'),
('link_clicks', 'links', false, 'Clicks, summed over links.'),
('link_member_clicks', 'links', false, 'Clicks, summed over links and members.'),
('series_emails_sent', 'series_mails', false, 'Recipients, summed over the mails of an RSS campaign.');
comment on table stats.metric is 'What is counted on both sides, and which stream brings our side.';
comment on column stats.metric.metric is 'Name, as in stats.reconciliation.';
comment on column stats.metric.stream is 'Stream that a difference has read again.';
comment on column stats.metric.of_events is 'Whether it is counted from events, which retention removes.';
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
'Most that members known as deleted can have done between our last reading of them and their deletion.';
comment on column stats.reconciliation.deleted_hold is 'What we hold of members deleted since.';
comment on column stats.reconciliation.flags_missing is
'Opens (or members) of which Mailchimp has not said whether a proxy made them.';
comment on column stats.reconciliation.accepted is
'Part of the difference that a person has accepted (stats.accepted_difference).';
comment on column stats.reconciliation.unexplained is 'Part of the difference that nothing explains.';
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
