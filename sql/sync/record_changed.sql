-- The outcome of one carried-out change; what it was for decides what may follow.
with planned as (
    select
        plan.contact_id,
        plan.cause,
        verdict.content_hash
    from staging.plan as plan
    left join staging.verdict as verdict
        on
            plan.staging_id = verdict.staging_id
            and plan.collection_id = verdict.collection_id
            and plan.contact_id = verdict.contact_id
            and plan.subscriber_hash = verdict.subscriber_hash
    where
        plan.staging_id = %(staging_id)s
        and plan.collection_id = %(collection_id)s
        and plan.subscriber_hash = %(subscriber_hash)s
)

update sync.member as member
set
    contact_id = case when %(action)s = 'update' then planned.contact_id else member.contact_id end,
    origin = case
        when %(action)s = 'update' and member.origin = 'foreign' then 'adopted' else member.origin
    end,
    pushed_hash = case when %(action)s = 'update' then planned.content_hash end,
    status = case %(action)s
        when 'unsubscribe' then 'unsubscribed'
        when 'reconfirm' then 'pending'
        when 'archive' then 'archived'
        else member.status
    end,
    cause = case
        when %(action)s = 'update' then member.cause
        when %(action)s = 'reconfirm' then 'unconfirmed'
        when planned.cause = 'erased_contact' then 'forgotten'
        when
            %(action)s = 'archive'
            then case when member.status = 'subscribed' then 'our_archive' else 'hand_archive' end
        when planned.cause = 'suppressed_complaint' then 'complaint'
        when planned.cause = 'suppressed_cleaned' then 'cleaned'
        when planned.cause like 'suppressed%%' then 'own_unsubscribe'
        else 'our_unsubscribe'
    end,
    opted_out = member.opted_out or (
        %(action)s = 'unsubscribe'
        and planned.cause in ('suppressed_complaint', 'suppressed_unsubscribed', 'suppressed_compliance')
    ),
    cause_detail = case when %(action)s = 'update' then member.cause_detail else planned.cause end,
    status_since = case when %(action)s = 'update' then member.status_since else now() end,
    last_changed = coalesce(%(last_changed)s, member.last_changed),
    synced_at = now()
from planned
where member.list_id = %(list_id)s and member.subscriber_hash = %(subscriber_hash)s
