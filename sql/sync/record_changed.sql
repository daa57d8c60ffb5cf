-- The results of changes that remove no member. Each is looked up by its key, as in
-- next_planned_contacts.sql.
with planned as (
    select
        changed.subscriber_hash,
        plan.contact_id,
        verdict.content_hash,
        changed.action,
        changed.last_changed
    from
        unnest(%(subscriber_hashes)s::text[], %(actions)s::text[], %(last_changed)s::timestamptz[])
            as changed (subscriber_hash, action, last_changed)
    cross join
        lateral ( -- noqa: ST05
            select wanted.contact_id
            from staging.plan as wanted
            where
                wanted.staging_id = %(staging_id)s
                and wanted.collection_id = %(collection_id)s
                -- An adoption is sent as an update.
                and wanted.action = any('{update, adopt, reconfirm}'::text[])
                and wanted.subscriber_hash = changed.subscriber_hash
            offset 0
        ) as plan
    left join lateral (
        select judged.content_hash
        from staging.verdict as judged
        where
            judged.staging_id = %(staging_id)s
            and judged.collection_id = %(collection_id)s
            and judged.contact_id = plan.contact_id
            and judged.subscriber_hash = changed.subscriber_hash
        offset 0
    ) as verdict on true
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
    -- A change since may be a sign-up with a complaint after it (record_observed.sql).
    complaint_checked = case
        when planned.action = 'update' and planned.last_changed is not null
            then member.complaint_checked and coalesce(planned.last_changed <= member.last_changed, false)
        else member.complaint_checked
    end,
    synced_at = now()
from planned
where member.list_id = %(list_id)s and member.subscriber_hash = planned.subscriber_hash
