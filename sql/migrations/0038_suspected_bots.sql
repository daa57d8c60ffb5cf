-- Clicks of scanners: programs of mail gateways that follow links before a person sees the mail.
alter table mart.segment_rule
add column bot_fewest_links integer not null default 3 check (bot_fewest_links > 1),
add column bot_link_share numeric not null default 0.8 check (bot_link_share > 0 and bot_link_share <= 1),
add column bot_seconds_per_link integer not null default 2 check (bot_seconds_per_link >= 0),
add column bot_delivery_seconds integer not null default 10 check (bot_delivery_seconds >= 0),
add column bot_early_seconds integer not null default 30 check (bot_early_seconds >= 0),
add column bot_open_seconds integer not null default 2 check (bot_open_seconds >= 0),
add column bot_network_people integer not null default 5 check (bot_network_people > 1),
add column bot_network_seconds integer not null default 60 check (bot_network_seconds > 0);
comment on table mart.segment_rule is
'One row: the limits of mart.contact_segments, mart.contact_trend and mart.campaign_comparison, and of the '
'rules for clicks of scanners. Change them by an update.';
comment on column mart.segment_rule.bot_fewest_links is
'Rule all_links: fewest links that a visit must click.';
comment on column mart.segment_rule.bot_link_share is
'Rule all_links: smallest share of the mail''s links (0 to 1) that a visit must click.';
comment on column mart.segment_rule.bot_seconds_per_link is
'Longest time in seconds between two clicks of one visit. A person takes longer to find the next link.';
comment on column mart.segment_rule.bot_delivery_seconds is
'Rule at_delivery: a visit that begins so many seconds after sending, or sooner, is of a scanner.';
comment on column mart.segment_rule.bot_early_seconds is
'Rule before_open: a visit without an earlier open that begins so many seconds after sending, or sooner, is '
'of a scanner.';
comment on column mart.segment_rule.bot_open_seconds is
'An open so many seconds before a click, or fewer, is no earlier open: it is a part of the same visit.';
comment on column mart.segment_rule.bot_network_people is
'Rule shared_network: so many people, or more, have a visit from one network at about the same time.';
comment on column mart.segment_rule.bot_network_seconds is
'Rule shared_network: seconds before and after a visit that are the same time.';

alter table stats.campaign_activities
add column bot_rule text
check (bot_rule in ('all_links', 'at_delivery', 'before_open', 'shared_network'));
comment on column stats.campaign_activities.bot_rule is
'Rule by which the click is probably of a scanner: all_links, at_delivery, before_open or shared_network. '
'The limits are in mart.segment_rule. Null if no rule fits, and for opens and bounces.';

create table mart.unjudged_campaign (
    campaign_id text primary key references stats.campaigns
);
comment on table mart.unjudged_campaign is
'Campaigns whose clicks wait for a judgement: which of them are probably of scanners.';
comment on column mart.unjudged_campaign.campaign_id is 'Campaign.';
insert into mart.unjudged_campaign (campaign_id)
select campaign_id from stats.stream_state
where stream = 'activity';

alter table stats.recipient_engagement
add column bot_clicks bigint not null default 0,
add column bot_links_clicked bigint not null default 0,
add column first_human_click_at timestamptz,
add column last_human_click_at timestamptz;
comment on column stats.recipient_engagement.bot_clicks is 'Clicks that are probably of a scanner.';
comment on column stats.recipient_engagement.bot_links_clicked is
'Different links that only a scanner clicked.';
comment on column stats.recipient_engagement.first_human_click_at is
'First click that is not of a scanner; null without one.';
comment on column stats.recipient_engagement.last_human_click_at is
'Newest click that is not of a scanner; null without one.';

alter table stats.expired_engagement
add column bot_clicks bigint not null default 0,
add column bot_links uuid[] not null default '{}',
add column first_human_click_at timestamptz,
add column last_human_click_at timestamptz;
comment on column stats.expired_engagement.bot_clicks is 'Removed clicks that are probably of a scanner.';
comment on column stats.expired_engagement.bot_links is
'md5 of each different link that only a scanner clicked: a part of links.';
comment on column stats.expired_engagement.first_human_click_at is
'First removed click that is not of a scanner; null without one.';
comment on column stats.expired_engagement.last_human_click_at is
'Newest removed click that is not of a scanner; null without one.';
-- No event that was removed until now has a mark.
update stats.expired_engagement
set first_human_click_at = first_click_at, last_human_click_at = last_click_at
where clicks > 0;

create table mart.campaign_bot_links (
    campaign_id text not null references stats.campaigns,
    url_key uuid not null,
    bot_clicks bigint not null,
    bot_clickers bigint not null,
    primary key (campaign_id, url_key)
);
comment on table mart.campaign_bot_links is
'Links that scanners clicked, by campaign. The counts stay when retention removes the events.';
comment on column mart.campaign_bot_links.campaign_id is 'Campaign.';
comment on column mart.campaign_bot_links.url_key is 'Link: md5 of it, as in mart.links.';
comment on column mart.campaign_bot_links.bot_clicks is 'Clicks that are probably of a scanner.';
comment on column mart.campaign_bot_links.bot_clickers is
'Members for whom only a scanner clicked the link.';

alter table mart.campaign_quarter_hours add column bot_clicks bigint not null default 0;
comment on column mart.campaign_quarter_hours.bot_clicks is 'Clicks that are probably of a scanner.';

alter table mart.campaign_cohort add column human_clickers bigint not null default 0;
comment on column mart.campaign_cohort.human_clickers is
'Mails in which a member clicked, without clicks of scanners.';

alter table mart.campaign_engagement
add column human_clickers bigint not null default 0,
add column bot_clicks bigint not null default 0,
add column bot_link_clicks bigint not null default 0;
comment on column mart.campaign_engagement.human_clickers is
'Members with a click that is not of a scanner.';
comment on column mart.campaign_engagement.bot_clicks is 'Clicks that are probably of a scanner.';
comment on column mart.campaign_engagement.bot_link_clicks is
'Distinct pairs of member and link that only a scanner clicked.';

alter table mart.member_engagement
add column campaigns_human_clicked bigint not null default 0,
add column bot_clicks bigint not null default 0,
add column first_human_click_at timestamptz,
add column last_human_click_at timestamptz;
comment on column mart.member_engagement.campaigns_human_clicked is
'Campaigns with a click that is not of a scanner.';
comment on column mart.member_engagement.bot_clicks is 'Clicks that are probably of a scanner.';
comment on column mart.member_engagement.first_human_click_at is
'Time of the first click that is not of a scanner; null without one.';
comment on column mart.member_engagement.last_human_click_at is
'Time of the newest click that is not of a scanner; null without one.';

alter table mart.contact_engagement
add column campaigns_clicked_without_bots bigint not null default 0,
add column clicks_without_bots bigint not null default 0,
add column first_click_without_bots_at timestamptz,
add column last_click_without_bots_at timestamptz,
add column click_rate_without_bots numeric generated always as (
    round(campaigns_clicked_without_bots::numeric / nullif(campaigns_delivered, 0), 4)
) stored;
comment on column mart.contact_engagement.campaigns_clicked_without_bots is
'Campaigns with a click that is not of a scanner.';
comment on column mart.contact_engagement.clicks_without_bots is 'Clicks that are not of scanners.';
comment on column mart.contact_engagement.first_click_without_bots_at is
'Time of the first click that is not of a scanner; null without one.';
comment on column mart.contact_engagement.last_click_without_bots_at is
'Time of the newest click that is not of a scanner; null without one.';
comment on column mart.contact_engagement.click_rate_without_bots is
'campaigns_clicked_without_bots per campaign delivered (0 to 1); null if none was delivered.';

alter table mart.contact_months
add column campaigns_clicked_without_bots bigint not null default 0,
add column clicks_without_bots bigint not null default 0;
comment on column mart.contact_months.campaigns_clicked_without_bots is
'Campaigns with a click that is not of a scanner.';
comment on column mart.contact_months.clicks_without_bots is 'Clicks that are not of scanners.';
comment on column mart.contact_months.campaigns_engaged is
'Campaigns that the person read or clicked in. Opens by proxies and clicks of scanners do not count.';

update mart.setting set rebuild = true;
