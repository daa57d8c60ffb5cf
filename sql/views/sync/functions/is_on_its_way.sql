-- Mailchimp sends what is in its schedule by itself. Each of these is committed before the call to Mailchimp.
-- A day after its time nobody waits for a campaign any more: then nobody looks at campaigns.
create or replace function sync.is_on_its_way(audience_id text, static_segment_id bigint) returns boolean
language sql stable as $$
    select exists (
        select from sync.campaign
        where
            list_id = audience_id
            and tag_id = static_segment_id
            and provider_campaign_id is not null
            and sent_at is null
            and (scheduled_for is not null or send_called_at is not null or status in ('schedule', 'sending'))
            and greatest(scheduled_for, send_called_at, changed_at) > now() - interval '1 day'
    )
$$;
comment on function sync.is_on_its_way is
'Whether a campaign to a tag may be about to go out, by the last look at it.';
