-- Language, city and country of contacts that left all audiences long ago. Their members are noted, so that
-- the marts follow. The marts know the members of a contact by an index.
with old as (
    select attribute.contact_id
    from sync.contact_attribute as attribute
    where
        attribute.noted_at < %(now)s::timestamptz - make_interval(days => %(days)s)
        and not exists (
            select from mart.members as known
            inner join sync.member as member
                on known.list_id = member.list_id and known.subscriber_hash = member.subscriber_hash
            where
                known.contact_id = attribute.contact_id
                and (
                    member.status in ('subscribed', 'pending')
                    or member.status_since >= %(now)s::timestamptz - make_interval(days => %(days)s)
                )
        )
    limit %(batch)s
),

noted as (
    insert into mart.changed_member (list_id, subscriber_hash)
    select
        member.list_id,
        member.subscriber_hash
    from old
    inner join mart.members as member on old.contact_id = member.contact_id
)

delete from sync.contact_attribute as attribute
using old
where attribute.contact_id = old.contact_id
