-- The result of one change that removes no member.
with planned as (
    select
        plan.contact_id,
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
    status = case when %(action)s = 'reconfirm' then 'pending' else member.status end,
    cause = case when %(action)s = 'reconfirm' then 'unconfirmed' else member.cause end,
    cause_detail = case when %(action)s = 'reconfirm' then null else member.cause_detail end,
    status_since = case when %(action)s = 'reconfirm' then now() else member.status_since end,
    last_changed = coalesce(%(last_changed)s, member.last_changed),
    synced_at = now()
from planned
where member.list_id = %(list_id)s and member.subscriber_hash = %(subscriber_hash)s
