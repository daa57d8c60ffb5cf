-- The results of changes that remove no member.
with planned as (
    select
        plan.subscriber_hash,
        plan.contact_id,
        verdict.content_hash,
        changed.action,
        changed.last_changed
    from
        unnest(%(subscriber_hashes)s::text[], %(actions)s::text[], %(last_changed)s::timestamptz[])
            as changed (subscriber_hash, action, last_changed)
    inner join staging.plan as plan
        on
            plan.staging_id = %(staging_id)s
            and plan.collection_id = %(collection_id)s
            -- An adoption is sent as an update.
            and plan.action = any('{update, adopt, reconfirm}'::text[])
            and changed.subscriber_hash = plan.subscriber_hash
    left join staging.verdict as verdict
        on
            plan.staging_id = verdict.staging_id
            and plan.collection_id = verdict.collection_id
            and plan.contact_id = verdict.contact_id
            and plan.subscriber_hash = verdict.subscriber_hash
)

update sync.member as member
set
    contact_id = case when planned.action = 'update' then planned.contact_id else member.contact_id end,
    origin = case
        when planned.action = 'update' and member.origin = 'foreign' then 'adopted' else member.origin
    end,
    pushed_hash = case when planned.action = 'update' then planned.content_hash end,
    status = case when planned.action = 'reconfirm' then 'pending' else member.status end,
    cause = case when planned.action = 'reconfirm' then 'unconfirmed' else member.cause end,
    cause_detail = case when planned.action = 'reconfirm' then null else member.cause_detail end,
    status_since = case when planned.action = 'reconfirm' then now() else member.status_since end,
    last_changed = coalesce(planned.last_changed, member.last_changed),
    synced_at = now()
from planned
where member.list_id = %(list_id)s and member.subscriber_hash = planned.subscriber_hash
