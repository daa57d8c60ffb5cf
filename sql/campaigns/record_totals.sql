update sync.campaign as campaign
set
    status = %(status)s,
    emails_sent = %(emails_sent)s,
    unique_opens = %(unique_opens)s,
    unique_clicks = %(unique_clicks)s,
    sent_at = %(sent_at)s,
    changed_at = now()
where
    campaign.provider_campaign_id = %(provider_campaign_id)s
    and (
        campaign.status, campaign.emails_sent, campaign.unique_opens, campaign.unique_clicks, campaign.sent_at
    ) is distinct from (
        %(status)s, %(emails_sent)s::bigint, %(unique_opens)s::bigint, %(unique_clicks)s::bigint,
        %(sent_at)s::timestamptz
    )
