-- Says that the campaign is not in Mailchimp any more, and why; its counts stay.
update crm.provider_campaign
set
    status = 'deleted',
    detail = coalesce(%(detail)s, detail),
    changed_at = now()
where
    campaign_id = %(campaign_id)s
    and (status <> 'deleted' or detail is distinct from coalesce(%(detail)s, detail))
