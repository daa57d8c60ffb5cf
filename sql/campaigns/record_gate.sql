insert into sync.campaign_gate (
    campaign_id, campaign_code, provider_campaign_id, list_id, occasion, gdpr_category, is_open, reasons,
    recipients, expected, judged, release_id
)
values (
    %(campaign_id)s, %(campaign_code)s, %(provider_campaign_id)s, %(list_id)s, %(occasion)s,
    %(gdpr_category)s, %(is_open)s, %(reasons)s, %(recipients)s, %(expected)s, %(judged)s, %(release_id)s
)
returning gate_id
