insert into stats.campaigns as kept (
    campaign_id, account, web_id, parent_campaign_id, list_id, list_name, type, status, title, subject_line,
    preview_text, from_name, reply_to, content_type, segment_id, segment_text, recipient_count, emails_sent,
    created_at, sent_at, archive_url, variate_settings, ab_split_options, extra
)
select distinct on (landed.campaign_id)
    landed.campaign_id,
    %(account)s,
    landed.web_id,
    landed.parent_campaign_id,
    landed.list_id,
    landed.list_name,
    landed.type,
    landed.status,
    landed.title,
    landed.subject_line,
    landed.preview_text,
    landed.from_name,
    landed.reply_to,
    landed.content_type,
    nullif(landed.segment_id, 0) as segment_id,
    -- Mailchimp puts the conditions into words, and a condition may name a person by the address.
    regexp_replace(
        landed.segment_text,
        '[^\s"<>()\[\]{},;]+(@|&#64;|&#x40;|&commat;)[^\s"<>()\[\]{},;]+',
        '[address]',
        'gi'
    ) as segment_text,
    landed.recipient_count,
    landed.emails_sent,
    landed.created_at,
    landed.sent_at,
    landed.archive_url,
    landed.variate_settings,
    landed.ab_split_options,
    landed.extra
from landing_campaigns as landed
order by landed.campaign_id
on conflict (campaign_id) do update set
    web_id = excluded.web_id,
    -- If the list does not name the parent, the parent's sub-reports did.
    parent_campaign_id = coalesce(excluded.parent_campaign_id, kept.parent_campaign_id),
    list_id = excluded.list_id,
    list_name = excluded.list_name,
    type = excluded.type,
    status = excluded.status,
    title = excluded.title,
    subject_line = excluded.subject_line,
    preview_text = excluded.preview_text,
    from_name = excluded.from_name,
    reply_to = excluded.reply_to,
    content_type = excluded.content_type,
    segment_id = excluded.segment_id,
    segment_text = excluded.segment_text,
    recipient_count = excluded.recipient_count,
    emails_sent = excluded.emails_sent,
    created_at = excluded.created_at,
    sent_at = excluded.sent_at,
    archive_url = excluded.archive_url,
    variate_settings = excluded.variate_settings,
    ab_split_options = excluded.ab_split_options,
    extra = excluded.extra,
    read_at = now()
where
(
    kept.web_id, kept.parent_campaign_id, kept.list_id, kept.list_name, kept.type, kept.status,
    kept.title, kept.subject_line, kept.preview_text, kept.from_name, kept.reply_to,
    kept.content_type, kept.segment_id, kept.segment_text, kept.recipient_count, kept.emails_sent,
    kept.created_at, kept.sent_at, kept.archive_url, kept.variate_settings,
    kept.ab_split_options, kept.extra
) is distinct from (
    excluded.web_id, coalesce(excluded.parent_campaign_id, kept.parent_campaign_id), excluded.list_id,
    excluded.list_name,
    excluded.type, excluded.status, excluded.title, excluded.subject_line,
    excluded.preview_text, excluded.from_name, excluded.reply_to, excluded.content_type,
    excluded.segment_id, excluded.segment_text, excluded.recipient_count, excluded.emails_sent,
    excluded.created_at, excluded.sent_at, excluded.archive_url, excluded.variate_settings,
    excluded.ab_split_options, excluded.extra
);
