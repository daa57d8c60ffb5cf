-- The result of a removal that was noted before it was sent. Its cause decides what may follow. If the
-- person or somebody by hand removed the member first, strict_cause says so.
update sync.member as member
set
    status = case member.intended_action when 'unsubscribe' then 'unsubscribed' else 'archived' end,
    cause = case
        when member.intended_cause <> 'erased_contact' and %(strict_cause)s::text is not null
            then %(strict_cause)s::text
        else sync.cause_of_removal(member.intended_action, member.intended_cause, member.status)
    end,
    cause_detail = case when %(strict_cause)s::text is null then member.intended_cause end,
    opted_out = member.opted_out or coalesce(%(strict_cause)s::text = 'own_unsubscribe', false),
    unsubscribed_by = %(unsubscribed_by)s,
    complaint_checked = false,
    pushed_hash = null,
    status_since = now(),
    last_changed = coalesce(%(last_changed)s, member.last_changed),
    synced_at = now(),
    intended_action = null,
    intended_cause = null
where
    member.list_id = %(list_id)s
    and member.subscriber_hash = %(subscriber_hash)s
    and member.intended_action = %(action)s
