-- Campaigns that may be about to go to everybody in an audience, or on their way. Mailchimp shows some of
-- them so (provider_campaign_ids).
select
    campaign_id,
    campaign_code,
    provider_campaign_id,
    -- Mailchimp may not have answered the call that sends it.
    coalesce(send_called_at > now() - interval '10 minutes', false) as is_just_called,
    collection_code
from sync.campaign
where
    provider_campaign_id = any(%(provider_campaign_ids)s::text[])
    or (
        list_id = %(list_id)s
        and tag_id is null
        and provider_campaign_id is not null
        and sent_at is null
        -- Each of these is committed before the call to Mailchimp.
        and (scheduled_for is not null or send_called_at is not null or status in ('schedule', 'sending'))
    )
order by campaign_code
