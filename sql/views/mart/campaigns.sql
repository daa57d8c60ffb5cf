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
    extract(hour from campaign.sent_at at time zone setting.report_time_zone)::integer as sent_hour,
    campaign.account,
    coalesce(planned.collection_code, tag.collection_code, own.collection_code) as collection_code,
    planned.campaign_code as crm_campaign_code,
    campaign.segment_id,
    case
        when campaign.type in ('automation', 'auto')
            then coalesce(campaign.parent_campaign_id, campaign.campaign_id)
    end as automation_id
from stats.campaigns as campaign
cross join mart.setting as setting
left join sync.campaign as planned on campaign.campaign_id = planned.provider_campaign_id
left join sync.tag as tag
    on campaign.list_id = tag.list_id and campaign.segment_id = tag.tag_id and tag.left_at is null
-- The row of a shared audience is no collection.
left join sync.audience as own
    on campaign.list_id = own.list_id and own.collection_code !~ '^shared[:@]';
comment on view mart.campaigns is
'Dimension: every campaign, sent or not, with its days in the report time zone. Its figures are in '
'mart.campaign_performance.';
comment on column mart.campaigns.campaign_id is 'Key: Mailchimp''s id of the campaign.';
comment on column mart.campaigns.parent_campaign_id is
'Campaign that this campaign is a mail of (RSS), or that it repeats (resend); null without a parent.';
comment on column mart.campaigns.is_series is
'Whether the campaign sends no mail itself (RSS): its mails are the campaigns with this parent. No fact '
'refers to a series.';
comment on column mart.campaigns.is_ongoing is
'Whether the campaign has no end, like an automation: each recipient gets it at a time of their own.';
comment on column mart.campaigns.list_id is 'Audience: mart.lists; null if Mailchimp names none.';
comment on column mart.campaigns.campaign_type is
'Type in Mailchimp''s words: regular, plaintext, absplit, rss, variate, ….';
comment on column mart.campaigns.status is 'Status of the campaign in Mailchimp''s words.';
comment on column mart.campaigns.title is 'Internal title.';
comment on column mart.campaigns.subject_line is 'Subject as recipients see it.';
comment on column mart.campaigns.preview_text is
'Text that mail programs show after the subject; null if none.';
comment on column mart.campaigns.from_name is 'Name of the sender.';
comment on column mart.campaigns.content_type is 'How the content was made, in Mailchimp''s words.';
comment on column mart.campaigns.segment_text is
'Mailchimp''s description of the segment that the campaign goes to; null without a segment.';
comment on column mart.campaigns.archive_url is
'Public web page with the mail; null if Mailchimp gives none.';
comment on column mart.campaigns.created_at is 'Time of creation; null if Mailchimp gives none.';
comment on column mart.campaigns.sent_at is
'Time of sending; null before it is sent, and if Mailchimp gives none.';
comment on column mart.campaigns.sent_on is
'Day of sending in the report time zone: mart.dates; day of creation if there is no time of sending.';
comment on column mart.campaigns.sent_weekday is
'Weekday of sending in the report time zone: 1 Monday to 7 Sunday; null without a time of sending.';
comment on column mart.campaigns.sent_hour is
'Hour of sending in the report time zone: 0 to 23; null without a time of sending.';
comment on column mart.campaigns.account is
'Mailchimp account of the campaign: the id of its Airflow connection.';
comment on column mart.campaigns.collection_code is
'Collection of the CRM that it went to: mart.collections. Null if the audience is not ours. Also null if it '
'was made by hand for the whole of a shared audience.';
comment on column mart.campaigns.crm_campaign_code is
'Code of the campaign in the CRM; null if it was made in Mailchimp.';
comment on column mart.campaigns.segment_id is
'Segment or tag that it went to, with list_id: mart.segments; null: the whole audience, or conditions of '
'its own (segment_text).';
comment on column mart.campaigns.automation_id is
'The automation that it is a mail of: mart.automations; null: of none.';
