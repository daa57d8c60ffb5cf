-- The results of removals that were noted before they were sent. The cause decides what may follow. If the
-- person or somebody by hand removed the member first, strict_cause says so.
update sync.member as member
set
    status = case member.intended_action when 'unsubscribe' then 'unsubscribed' else 'archived' end,
    cause = case
        when member.intended_cause <> 'erased_contact' and removed.strict_cause is not null
            then removed.strict_cause
        else sync.cause_of_removal(member.intended_action, member.intended_cause, member.status)
    end,
    cause_detail = case when removed.strict_cause is null then member.intended_cause end,
    opted_out = member.opted_out or coalesce(removed.strict_cause = 'own_unsubscribe', false),
    unsubscribed_by = removed.unsubscribed_by,
    complaint_checked = false,
    pushed_hash = null,
    status_since = now(),
    last_changed = coalesce(removed.last_changed, member.last_changed),
    synced_at = now(),
    intended_action = null,
    intended_cause = null
from
    unnest(
        %(subscriber_hashes)s::text[],
        %(actions)s::text[],
        %(last_changed)s::timestamptz[],
        %(unsubscribed_by)s::text[],
        %(strict_causes)s::text[]
    ) as removed (subscriber_hash, action, last_changed, unsubscribed_by, strict_cause)
where
    member.list_id = %(list_id)s
    and member.subscriber_hash = removed.subscriber_hash
    and member.intended_action = removed.action
