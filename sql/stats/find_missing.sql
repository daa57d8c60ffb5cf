-- A sample of recipients that are not in the list just landed. The order by hash is as good as random.
select recipient.subscriber_hash
from stats.campaign_recipients as recipient
where
    recipient.campaign_id = %(campaign_id)s -- noqa: RF02
    and recipient.gone_at is null
    and not exists (
        select 1 from landing_listed as listed
        where listed.subscriber_hash = recipient.subscriber_hash
    )
order by recipient.subscriber_hash
limit 20;
