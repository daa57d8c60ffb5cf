create or replace view mart.campaigns as
select
    campaign.campaign_id,
    campaign.parent_campaign_id,
    campaign.is_series,
    campaign.is_ongoing,
    campaign.list_id,
    campaign.type as campaign_type,
    campaign.status,
    campaign.title,
    campaign.subject_line,
    campaign.preview_text,
    campaign.from_name,
    campaign.content_type,
    campaign.segment_text,
    campaign.archive_url,
    campaign.created_at,
    campaign.sent_at,
    (campaign.counted_at at time zone setting.report_time_zone)::date as sent_on,
    extract(isodow from campaign.sent_at at time zone setting.report_time_zone)::integer as sent_weekday,
    extract(hour from campaign.sent_at at time zone setting.report_time_zone)::integer as sent_hour
from stats.campaigns as campaign
cross join mart.setting as setting;
comment on view mart.campaigns is
'Dimension: every campaign, sent or not, with its days in the report time zone; its figures are in '
'mart.campaign_performance.';
comment on column mart.campaigns.campaign_id is 'The campaign.';
comment on column mart.campaigns.parent_campaign_id is
'Campaign that this one is a mail of (RSS), or that it repeats (resend); null: it stands alone.';
comment on column mart.campaigns.is_series is
'Whether it sends nothing itself (RSS): its mails are the campaigns with this parent. No fact is about it.';
comment on column mart.campaigns.is_ongoing is
'Whether it has no end, as an automation: each recipient gets it at a time of their own.';
comment on column mart.campaigns.list_id is 'The audience: mart.lists.';
comment on column mart.campaigns.campaign_type is 'regular, plaintext, absplit, rss, variate, …';
comment on column mart.campaigns.status is 'State of the campaign in Mailchimp.';
comment on column mart.campaigns.title is 'Internal title.';
comment on column mart.campaigns.subject_line is 'Subject as recipients see it.';
comment on column mart.campaigns.preview_text is 'Line that mail programs show after the subject.';
comment on column mart.campaigns.from_name is 'Name of the sender.';
comment on column mart.campaigns.content_type is 'How the body was made.';
comment on column mart.campaigns.segment_text is 'Mailchimp''s description of the segment it went to.';
comment on column mart.campaigns.archive_url is 'Public page that shows the mail.';
comment on column mart.campaigns.created_at is 'When it was created.';
comment on column mart.campaigns.sent_at is
'When it was sent; null before, and where Mailchimp does not say.';
comment on column mart.campaigns.sent_on is
'Day of sending: mart.dates; of creation where there is no time of sending.';
comment on column mart.campaigns.sent_weekday is '1 Monday to 7 Sunday.';
comment on column mart.campaigns.sent_hour is 'Hour of sending, 0 to 23.';
