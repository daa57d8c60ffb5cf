-- A member that is no longer in sync.member was erased meanwhile.
with member as (
    insert into stats.members (list_id, subscriber_hash)
    select distinct
        landed.list_id,
        landed.subscriber_hash
    from landing_member_activity as landed
    inner join sync.member as our_member
        on
            landed.list_id = our_member.list_id
            and landed.subscriber_hash = our_member.subscriber_hash
    order by landed.list_id, landed.subscriber_hash
    on conflict (list_id, subscriber_hash) do nothing
)

insert into stats.member_activities (
    list_id, subscriber_hash, activity_type, occurred_at, ordinal, campaign_id, url, bounce_type,
    unsubscribe_reason, is_admin_unsubscribed, signup_category, outreach_id, permission_granted,
    event_name, extra
)
select
    landed.list_id,
    landed.subscriber_hash,
    landed.activity_type,
    landed.occurred_at,
    row_number() over (
        partition by
            landed.list_id, landed.subscriber_hash, landed.activity_type, landed.occurred_at
        order by landed.campaign_id, landed.url
    ) as ordinal,
    landed.campaign_id,
    landed.url,
    landed.bounce_type,
    landed.unsubscribe_reason,
    landed.is_admin_unsubscribed,
    landed.signup_category,
    landed.outreach_id,
    landed.permission_granted,
    landed.event_name,
    landed.extra
from landing_member_activity as landed
inner join sync.member as our_member
    on
        landed.list_id = our_member.list_id
        and landed.subscriber_hash = our_member.subscriber_hash
where %(since)s::timestamptz is null or landed.occurred_at >= %(since)s::timestamptz
on conflict (list_id, subscriber_hash, activity_type, occurred_at, ordinal) do update set
    campaign_id = excluded.campaign_id,
    url = excluded.url,
    bounce_type = excluded.bounce_type,
    unsubscribe_reason = excluded.unsubscribe_reason,
    is_admin_unsubscribed = excluded.is_admin_unsubscribed,
    signup_category = excluded.signup_category,
    outreach_id = excluded.outreach_id,
    permission_granted = excluded.permission_granted,
    event_name = excluded.event_name,
    extra = excluded.extra;
