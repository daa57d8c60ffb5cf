-- We have the events of deleted members up to the last reading. Their events between then and now are lost.
update stats.campaign_recipients as recipient
set
    gone_at = clock_timestamp(),
    gone_after = (
        select known.read_at from stats.stream_state as known
        where known.campaign_id = recipient.campaign_id and known.stream = 'activity'
    )
where
    recipient.campaign_id = %(campaign_id)s
    and recipient.gone_at is null
    and not exists (
        select 1 from landing_listed as listed
        where listed.subscriber_hash = recipient.subscriber_hash
    );
