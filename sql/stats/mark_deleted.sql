-- We have the events of deleted members up to the last reading. Their events between then and now are lost.
-- The recipients and the list are read once each, whatever Postgres has counted.
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
    and recipient.subscriber_hash = any(
        array(
            select present.subscriber_hash
            from stats.campaign_recipients as present
            where present.campaign_id = %(campaign_id)s and present.gone_at is null
            except
            select listed.subscriber_hash
            from landing_listed as listed
        )
    );
