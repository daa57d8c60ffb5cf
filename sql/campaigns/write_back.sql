-- Writes into crm_db, and only rows that changed.
insert into crm.provider_campaign as kept (
    campaign_id, provider_campaign_id, status, emails_sent, unique_opens, unique_clicks, sent_at, detail,
    changed_at
)
values (
    %(campaign_id)s, %(provider_campaign_id)s, %(status)s, %(emails_sent)s, %(unique_opens)s,
    %(unique_clicks)s, %(sent_at)s, %(detail)s, now()
)
on conflict (campaign_id) do update
    set
        provider_campaign_id = excluded.provider_campaign_id,
        status = excluded.status,
        emails_sent = excluded.emails_sent,
        unique_opens = excluded.unique_opens,
        unique_clicks = excluded.unique_clicks,
        sent_at = excluded.sent_at,
        detail = excluded.detail,
        changed_at = now()
    where
    (
        kept.provider_campaign_id, kept.status, kept.emails_sent, kept.unique_opens, kept.unique_clicks,
        kept.sent_at, kept.detail
    ) is distinct from (
        excluded.provider_campaign_id, excluded.status, excluded.emails_sent, excluded.unique_opens,
        excluded.unique_clicks, excluded.sent_at, excluded.detail
    )
