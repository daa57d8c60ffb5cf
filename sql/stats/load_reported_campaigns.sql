insert into stats.campaigns (
    campaign_id, list_id, list_name, type, status, title, subject_line, preview_text, emails_sent,
    sent_at
)
select distinct on (landed.campaign_id)
    landed.campaign_id,
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
on conflict (campaign_id) do nothing;
