-- The outcome of a removal that was noted before it was sent; what it was for decides what may follow.
-- Whom mailchimp names as having unsubscribed themselves had done so before our call.
update sync.member as member
set
    status = case member.intended_action when 'unsubscribe' then 'unsubscribed' else 'archived' end,
    cause = case
        when coalesce(%(unsubscribed_by)s::text = 'person', false) then 'own_unsubscribe'
        else sync.cause_of_removal(member.intended_action, member.intended_cause, member.status)
    end,
    cause_detail = case
        when coalesce(%(unsubscribed_by)s::text = 'person', false) then null
        else member.intended_cause
    end,
    opted_out
    = member.opted_out
    or coalesce(%(unsubscribed_by)s::text = 'person', false)
    or sync.is_opt_out(member.intended_action, member.intended_cause),
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
