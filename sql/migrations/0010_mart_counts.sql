-- What grows with history, counted: per campaign, member, contact, month and quarter hour. What is told of
-- them are views (0011 to 0013).

-- ---------------------------------------------------------------- counts per campaign

create table mart.campaign_quarter_hours (
    campaign_id text not null references stats.campaigns,
    began_at timestamptz not null,
    opens bigint not null,
    proxy_opens bigint not null,
    clicks bigint not null,
    bounces bigint not null,
    primary key (campaign_id, began_at)
);
comment on table mart.campaign_quarter_hours is
'Events of each campaign by quarter hour: days and hours of any time zone are sums of these. Stays when '
'retention removes the events.';
comment on column mart.campaign_quarter_hours.campaign_id is 'The campaign.';
comment on column mart.campaign_quarter_hours.began_at is 'When the quarter hour began.';
comment on column mart.campaign_quarter_hours.opens is 'Opens, repeated ones and those by proxies included.';
comment on column mart.campaign_quarter_hours.proxy_opens is 'Opens known to be by a proxy.';
comment on column mart.campaign_quarter_hours.clicks is 'Clicks, repeated ones included.';
comment on column mart.campaign_quarter_hours.bounces is 'Bounces of both kinds.';

create view mart.campaign_days as
select
    quarter.campaign_id,
    campaign.list_id,
    dates.day,
    sum(quarter.opens)::bigint as opens,
    sum(quarter.opens - quarter.proxy_opens)::bigint as opens_without_proxy,
    sum(quarter.clicks)::bigint as clicks,
    sum(quarter.bounces)::bigint as bounces
from mart.campaign_quarter_hours as quarter
inner join stats.campaigns as campaign on quarter.campaign_id = campaign.campaign_id
cross join mart.setting as setting
cross join
    lateral (
        values ((quarter.began_at at time zone setting.report_time_zone)::date)
    ) as dates (day)
group by quarter.campaign_id, campaign.list_id, dates.day;
comment on view mart.campaign_days is
'Fact: opens, clicks and bounces of each campaign by day of the report time zone.';
comment on column mart.campaign_days.campaign_id is 'The campaign.';
comment on column mart.campaign_days.list_id is 'The audience.';
comment on column mart.campaign_days.day is 'The day: mart.dates.';
comment on column mart.campaign_days.opens is 'Opens on that day, proxies included.';
comment on column mart.campaign_days.opens_without_proxy is 'Opens not known to be by a proxy.';
comment on column mart.campaign_days.clicks is 'Clicks on that day.';
comment on column mart.campaign_days.bounces is 'Bounces on that day.';

create view mart.campaign_hours as
select
    quarter.campaign_id,
    extract(isodow from moments.local_at)::smallint as weekday,
    extract(hour from moments.local_at)::smallint as hour,
    sum(quarter.opens)::bigint as opens,
    sum(quarter.opens - quarter.proxy_opens)::bigint as opens_without_proxy,
    sum(quarter.clicks)::bigint as clicks
from mart.campaign_quarter_hours as quarter
cross join mart.setting as setting
cross join
    lateral (
        values (quarter.began_at at time zone setting.report_time_zone)
    ) as moments (local_at)
group by quarter.campaign_id, weekday, hour;
comment on view mart.campaign_hours is
'When each campaign was opened and clicked, by weekday and hour of the report time zone.';
comment on column mart.campaign_hours.campaign_id is 'The campaign.';
comment on column mart.campaign_hours.weekday is '1 Monday to 7 Sunday.';
comment on column mart.campaign_hours.hour is 'Hour of the day, 0 to 23.';
comment on column mart.campaign_hours.opens is 'Opens in that hour, proxies included.';
comment on column mart.campaign_hours.opens_without_proxy is 'Opens not known to be by a proxy.';
comment on column mart.campaign_hours.clicks is 'Clicks in that hour.';

create table mart.campaign_cohort (
    campaign_id text not null references stats.campaigns,
    cohort_month date not null,
    month date not null,
    recipients bigint not null,
    delivered bigint not null,
    openers bigint not null,
    human_openers bigint not null,
    clickers bigint not null,
    unsubscribes bigint not null,
    primary key (campaign_id, cohort_month, month)
);
comment on table mart.campaign_cohort is
'Recipients of each campaign by the month they got it in and that of the first campaign they ever got in '
'that audience; without those of whom nothing tells when they got it.';
comment on column mart.campaign_cohort.campaign_id is 'The campaign.';
comment on column mart.campaign_cohort.cohort_month is
'First day of the month (report time zone) of the member''s first campaign in the audience.';
comment on column mart.campaign_cohort.month is
'First day of the month (report time zone) in which they got this one.';
comment on column mart.campaign_cohort.recipients is 'Recipients of that cohort.';
comment on column mart.campaign_cohort.delivered is 'Of them, those without bounce.';
comment on column mart.campaign_cohort.openers is 'Who opened, proxies included.';
comment on column mart.campaign_cohort.human_openers is 'Who has an open not known to be by a proxy.';
comment on column mart.campaign_cohort.clickers is 'Who clicked.';
comment on column mart.campaign_cohort.unsubscribes is 'Who unsubscribed through it.';

-- ---------------------------------------------------------------- counts per recipient summed

create table mart.campaign_engagement (
    campaign_id text primary key references stats.campaigns,
    recipients bigint not null,
    delivered bigint not null,
    openers bigint not null,
    human_openers bigint not null,
    clickers bigint not null,
    opens bigint not null,
    proxy_opens bigint not null,
    clicks bigint not null,
    first_open_at timestamptz,
    last_open_at timestamptz,
    first_click_at timestamptz,
    last_click_at timestamptz,
    median_seconds_to_first_open double precision,
    median_seconds_to_first_human_open double precision,
    refreshed_at timestamptz not null default now()
);
comment on table mart.campaign_engagement is
'Recipients and events of each campaign, counted from ours; caught up campaign by campaign.';
comment on column mart.campaign_engagement.campaign_id is 'The campaign.';
comment on column mart.campaign_engagement.recipients is 'Recipients known to us.';
comment on column mart.campaign_engagement.delivered is 'Of them, those without bounce.';
comment on column mart.campaign_engagement.openers is 'Members who opened, proxies included.';
comment on column mart.campaign_engagement.human_openers is
'Members with an open not known to be by a proxy.';
comment on column mart.campaign_engagement.clickers is 'Members who clicked.';
comment on column mart.campaign_engagement.opens is
'Opens, repeated ones and those by proxies included; at most 1,000 '
'of a member in a campaign, for Mailchimp lists no more.';
comment on column mart.campaign_engagement.proxy_opens is 'Opens known to be by a proxy.';
comment on column mart.campaign_engagement.clicks is
'Clicks, repeated ones included; at most 1,000 '
'of a member in a campaign, for Mailchimp lists no more.';
comment on column mart.campaign_engagement.first_open_at is 'First open.';
comment on column mart.campaign_engagement.last_open_at is 'Newest open.';
comment on column mart.campaign_engagement.first_click_at is 'First click.';
comment on column mart.campaign_engagement.last_click_at is 'Newest click.';
comment on column mart.campaign_engagement.median_seconds_to_first_open is
'Median over openers of the seconds from sending to their first open; null for campaigns without an end.';
comment on column mart.campaign_engagement.median_seconds_to_first_human_open is
'The same without opens known to be by a proxy.';
comment on column mart.campaign_engagement.refreshed_at is 'When the row was last counted.';

create table mart.member_engagement (
    list_id text not null,
    subscriber_hash text not null,
    campaigns_received bigint not null,
    campaigns_delivered bigint not null,
    campaigns_opened bigint not null,
    campaigns_human_opened bigint not null,
    campaigns_clicked bigint not null,
    opens bigint not null,
    proxy_opens bigint not null,
    clicks bigint not null,
    hard_bounces bigint not null,
    soft_bounces bigint not null,
    unsubscribes bigint not null,
    abuse_reports bigint not null,
    first_sent_at timestamptz,
    last_sent_at timestamptz,
    first_open_at timestamptz,
    last_open_at timestamptz,
    first_human_open_at timestamptz,
    last_human_open_at timestamptz,
    first_click_at timestamptz,
    last_click_at timestamptz,
    last_unsubscribed_at timestamptz,
    refreshed_at timestamptz not null default now(),
    primary key (list_id, subscriber_hash),
    foreign key (list_id, subscriber_hash) references mart.members
);
comment on table mart.member_engagement is
'Each member of each audience over all its campaigns; caught up member by member.';
comment on column mart.member_engagement.list_id is 'The audience.';
comment on column mart.member_engagement.subscriber_hash is 'The member: md5 of the lower-cased address.';
comment on column mart.member_engagement.campaigns_received is 'Campaigns sent to the member.';
comment on column mart.member_engagement.campaigns_delivered is 'Of them, those without bounce.';
comment on column mart.member_engagement.campaigns_opened is 'Campaigns opened, by proxies too.';
comment on column mart.member_engagement.campaigns_human_opened is
'Campaigns with an open not known to be by a proxy.';
comment on column mart.member_engagement.campaigns_clicked is 'Campaigns clicked in.';
comment on column mart.member_engagement.opens is
'Opens, repeated ones and those by proxies included; at most 1,000 '
'of a member in a campaign, for Mailchimp lists no more.';
comment on column mart.member_engagement.proxy_opens is 'Opens known to be by a proxy.';
comment on column mart.member_engagement.clicks is
'Clicks, repeated ones included; at most 1,000 '
'of a member in a campaign, for Mailchimp lists no more.';
comment on column mart.member_engagement.hard_bounces is 'Permanent delivery failures.';
comment on column mart.member_engagement.soft_bounces is 'Temporary delivery failures.';
comment on column mart.member_engagement.unsubscribes is 'Campaigns the member unsubscribed through.';
comment on column mart.member_engagement.abuse_reports is 'Complaints.';
comment on column mart.member_engagement.first_sent_at is
'When the member got the first campaign: mart.received_at.';
comment on column mart.member_engagement.last_sent_at is 'When the member got the newest campaign.';
comment on column mart.member_engagement.first_open_at is 'First open.';
comment on column mart.member_engagement.last_open_at is 'Newest open.';
comment on column mart.member_engagement.first_human_open_at is 'First open not known to be by a proxy.';
comment on column mart.member_engagement.last_human_open_at is 'Newest open not known to be by a proxy.';
comment on column mart.member_engagement.first_click_at is 'First click.';
comment on column mart.member_engagement.last_click_at is 'Newest click.';
comment on column mart.member_engagement.last_unsubscribed_at is 'Newest unsubscribe.';
comment on column mart.member_engagement.refreshed_at is 'When the row was last counted.';

create table mart.member_frequency (
    list_id text not null,
    subscriber_hash text not null,
    mails_in_30_days smallint not null,
    mails bigint not null,
    unsubscribes bigint not null,
    primary key (list_id, subscriber_hash, mails_in_30_days),
    foreign key (list_id, subscriber_hash) references mart.member_engagement on delete cascade
);
comment on table mart.member_frequency is
'Each member''s mails by how many they had then got within 30 days, and how often they left before the next. '
'Caught up member by member.';
comment on column mart.member_frequency.list_id is 'The audience.';
comment on column mart.member_frequency.subscriber_hash is 'The member: md5 of the lower-cased address.';
comment on column mart.member_frequency.mails_in_30_days is
'Mails of the audience that arrived within the 30 days up to this one, itself included; 10 stands for 10 or '
'more.';
comment on column mart.member_frequency.mails is 'Mails that were the so manieth.';
comment on column mart.member_frequency.unsubscribes is
'Of them, those after which the member unsubscribed before the next one came.';

create table mart.contact_engagement (
    engagement_key text primary key references mart.contacts,
    contact_id bigint unique,
    subscriber_hash text,
    audiences bigint not null,
    campaigns_received bigint not null,
    campaigns_delivered bigint not null,
    campaigns_opened bigint not null,
    campaigns_opened_without_proxy bigint not null,
    campaigns_clicked bigint not null,
    opens bigint not null,
    opens_without_proxy bigint not null,
    clicks bigint not null,
    hard_bounces bigint not null,
    soft_bounces bigint not null,
    unsubscribes bigint not null,
    abuse_reports bigint not null,
    first_sent_at timestamptz,
    last_sent_at timestamptz,
    first_open_at timestamptz,
    last_open_at timestamptz,
    first_open_without_proxy_at timestamptz,
    last_open_without_proxy_at timestamptz,
    first_click_at timestamptz,
    last_click_at timestamptz,
    last_unsubscribed_at timestamptz,
    open_rate numeric generated always as (
        round(campaigns_opened::numeric / nullif(campaigns_delivered, 0), 4)
    ) stored,
    open_rate_without_proxy numeric generated always as (
        round(campaigns_opened_without_proxy::numeric / nullif(campaigns_delivered, 0), 4)
    ) stored,
    click_rate numeric generated always as (
        round(campaigns_clicked::numeric / nullif(campaigns_delivered, 0), 4)
    ) stored
);
comment on table mart.contact_engagement is
'Each contact over all audiences and campaigns: who read, how often, first and last, clicks. Members '
'that the CRM does not know have a row of their own.';
comment on column mart.contact_engagement.engagement_key is 'Key of the row: mart.contacts.';
comment on column mart.contact_engagement.contact_id is 'Contact of the CRM; null if the member is not ours.';
comment on column mart.contact_engagement.subscriber_hash is
'The member, where no contact is known. No foreign key: it may be in several audiences.';
comment on column mart.contact_engagement.audiences is 'Audiences in which campaigns went to the contact.';
comment on column mart.contact_engagement.campaigns_received is 'Campaigns sent.';
comment on column mart.contact_engagement.campaigns_delivered is 'Of them, those without bounce.';
comment on column mart.contact_engagement.campaigns_opened is 'Campaigns opened, by proxies too.';
comment on column mart.contact_engagement.campaigns_opened_without_proxy is
'Campaigns with an open not known to be by a proxy.';
comment on column mart.contact_engagement.campaigns_clicked is 'Campaigns clicked in.';
comment on column mart.contact_engagement.opens is
'Opens, repeated ones and those by proxies included; at most 1,000 '
'of a member in a campaign, for Mailchimp lists no more.';
comment on column mart.contact_engagement.opens_without_proxy is 'Opens not known to be by a proxy.';
comment on column mart.contact_engagement.clicks is
'Clicks, repeated ones included; at most 1,000 '
'of a member in a campaign, for Mailchimp lists no more.';
comment on column mart.contact_engagement.hard_bounces is 'Permanent delivery failures.';
comment on column mart.contact_engagement.soft_bounces is 'Temporary delivery failures.';
comment on column mart.contact_engagement.unsubscribes is 'Campaigns unsubscribed through.';
comment on column mart.contact_engagement.abuse_reports is 'Complaints.';
comment on column mart.contact_engagement.first_sent_at is 'First campaign sent.';
comment on column mart.contact_engagement.last_sent_at is 'Newest campaign sent.';
comment on column mart.contact_engagement.first_open_at is 'First open.';
comment on column mart.contact_engagement.last_open_at is 'Newest open.';
comment on column mart.contact_engagement.first_open_without_proxy_at is
'First open not known to be by a proxy.';
comment on column mart.contact_engagement.last_open_without_proxy_at is
'Newest open not known to be by a proxy.';
comment on column mart.contact_engagement.first_click_at is 'First click.';
comment on column mart.contact_engagement.last_click_at is 'Newest click.';
comment on column mart.contact_engagement.last_unsubscribed_at is 'Newest unsubscribe.';
comment on column mart.contact_engagement.open_rate is 'Campaigns opened per campaign delivered.';
comment on column mart.contact_engagement.open_rate_without_proxy is
'The same without opens known to be by a proxy.';
comment on column mart.contact_engagement.click_rate is 'Campaigns clicked in per campaign delivered.';

-- ---------------------------------------------------------------- contacts over time

create table mart.contact_months (
    contact_key text not null references mart.contacts,
    month date not null,
    campaigns_received bigint not null,
    campaigns_delivered bigint not null,
    campaigns_opened bigint not null,
    campaigns_opened_without_proxy bigint not null,
    campaigns_clicked bigint not null,
    campaigns_engaged bigint not null,
    opens bigint not null,
    opens_without_proxy bigint not null,
    clicks bigint not null,
    unsubscribes bigint not null,
    primary key (contact_key, month)
);
create index on mart.contact_months (month);
comment on table mart.contact_months is
'Each contact month by month: the campaigns the contact got in that month (report time zone) and what they '
'did with them, whenever that was; without mails of which nothing tells when they came (mart.received_at). '
'Caught up contact by contact; stays when retention removes events.';
comment on column mart.contact_months.contact_key is 'The person: mart.contacts.';
comment on column mart.contact_months.month is 'First day of the month they were got in.';
comment on column mart.contact_months.campaigns_received is 'Campaigns sent.';
comment on column mart.contact_months.campaigns_delivered is 'Of them, those without bounce.';
comment on column mart.contact_months.campaigns_opened is 'Campaigns opened, by proxies too.';
comment on column mart.contact_months.campaigns_opened_without_proxy is
'Campaigns with an open not known to be by a proxy.';
comment on column mart.contact_months.campaigns_clicked is 'Campaigns clicked in.';
comment on column mart.contact_months.campaigns_engaged is
'Campaigns with a click, or an open not known to be by a proxy.';
comment on column mart.contact_months.opens is
'Opens, repeated ones and those by proxies included; at most 1,000 '
'of a member in a campaign, for Mailchimp lists no more.';
comment on column mart.contact_months.opens_without_proxy is 'Opens not known to be by a proxy.';
comment on column mart.contact_months.clicks is
'Clicks, repeated ones included; at most 1,000 '
'of a member in a campaign, for Mailchimp lists no more.';
comment on column mart.contact_months.unsubscribes is 'Campaigns unsubscribed through.';
