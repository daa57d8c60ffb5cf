-- A person who leaves gets no more mail. So only mails that came while the person was a member can show
-- whether more mail drives people away. A mail with an unsubscribe through it has arrived, whatever else
-- the reports say of it.
with arrived as (
    select
        received.list_id,
        received.subscriber_hash,
        received.received_at,
        count(*) over (
            member
            order by received.received_at
            range between interval '30 days' preceding and current row
        ) as mails_in_30_days,
        lead(received.received_at) over in_turn as next_at,
        row_number() over in_turn = 1 as is_first
    from received
    inner join counted_member as counted
        on received.list_id = counted.list_id and received.subscriber_hash = counted.subscriber_hash
    where
        counted.changed
        and received.received_at is not null
        and (received.delivered or received.unsubscribed_at is not null)
    window
        member as (partition by received.subscriber_hash, received.list_id),
        in_turn as (member order by received.received_at, received.campaign_id)
),

departures as (
    select
        arrived.list_id,
        arrived.subscriber_hash,
        least(arrived.mails_in_30_days, 10) as mails_in_30_days,
        count(*) as unsubscribes
    from received as departed
    inner join arrived
        on
            departed.list_id = arrived.list_id
            and departed.subscriber_hash = arrived.subscriber_hash
            and (departed.unsubscribed_at >= arrived.received_at or arrived.is_first)
            and (departed.unsubscribed_at < arrived.next_at or arrived.next_at is null)
    where departed.unsubscribed_at is not null
    group by arrived.list_id, arrived.subscriber_hash, least(arrived.mails_in_30_days, 10)
),

mails as (
    select
        list_id,
        subscriber_hash,
        least(mails_in_30_days, 10) as mails_in_30_days,
        count(*) as mails
    from arrived
    group by list_id, subscriber_hash, least(mails_in_30_days, 10)
)

insert into mart.member_frequency (list_id, subscriber_hash, mails_in_30_days, mails, unsubscribes)
select
    mails.list_id,
    mails.subscriber_hash,
    mails.mails_in_30_days,
    mails.mails,
    coalesce(departures.unsubscribes, 0) as unsubscribes
from mails
left join departures
    on
        mails.list_id = departures.list_id
        and mails.subscriber_hash = departures.subscriber_hash
        and mails.mails_in_30_days = departures.mails_in_30_days;
