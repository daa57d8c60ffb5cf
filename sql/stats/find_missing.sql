-- A sample of recipients that are not in the list just landed. The order by hash is as good as random. Both
-- sides are read once, whatever Postgres has counted.
select missing.subscriber_hash
from (
    select recipient.subscriber_hash
    from stats.campaign_recipients as recipient
    where recipient.campaign_id = %(campaign_id)s and recipient.gone_at is null
    except
    select listed.subscriber_hash
    from landing_listed as listed
) as missing
order by missing.subscriber_hash
limit 20;
