-- The newest departures come first. Old departures are left out: otherwise a first run would ask for every
-- member that ever left.
select
    member.list_id,
    member.subscriber_hash,
    coalesce(member.last_changed, member.status_since) as as_of
from sync.member as member
inner join stats.lists as list on member.list_id = list.list_id
left join stats.member_activity_state as known
    on
        member.list_id = known.list_id
        and member.subscriber_hash = known.subscriber_hash
where
    list.account = %(account)s
    and member.status in ('unsubscribed', 'cleaned')
    and member.status_since > now() - interval '90 days'
    and list.gone_at is null
    and known.as_of is distinct from coalesce(member.last_changed, member.status_since)
order by member.status_since desc, member.list_id asc, member.subscriber_hash asc
limit %(most)s;
