-- A campaign that is not in the list of campaigns (an automation mail) is known from its report alone. Its
-- values come from the report. A campaign in the list has a time of creation. Its values come from the
-- list.
insert into stats.campaigns as kept (
    campaign_id, account, list_id, list_name, type, status, title, subject_line, preview_text, emails_sent,
    sent_at
)
select distinct on (landed.campaign_id)
    landed.campaign_id,
    %(account)s,
    landed.list_id,
    landed.list_name,
    landed.type,
    'sent' as status,
    landed.title,
    landed.subject_line,
    landed.preview_text,
    landed.emails_sent,
    landed.sent_at
from landing_reports as landed
order by landed.campaign_id
on conflict (campaign_id) do update set
    list_id = case when kept.created_at is null then excluded.list_id else kept.list_id end,
    list_name = case when kept.created_at is null then excluded.list_name else kept.list_name end,
    type = case when kept.created_at is null then excluded.type else kept.type end,
    title = case when kept.created_at is null then excluded.title else kept.title end,
    subject_line = case when kept.created_at is null then excluded.subject_line else kept.subject_line end,
    preview_text = case when kept.created_at is null then excluded.preview_text else kept.preview_text end,
    emails_sent = case when kept.created_at is null then excluded.emails_sent else kept.emails_sent end,
    sent_at = case when kept.created_at is null then excluded.sent_at else kept.sent_at end,
    gone_at = null,
    read_at = now()
where
kept.gone_at is not null
or (
    kept.created_at is null
    and (
        kept.list_id, kept.list_name, kept.type, kept.title, kept.subject_line, kept.preview_text,
        kept.emails_sent, kept.sent_at
    ) is distinct from (
        excluded.list_id, excluded.list_name, excluded.type, excluded.title, excluded.subject_line,
        excluded.preview_text, excluded.emails_sent, excluded.sent_at
    )
);
