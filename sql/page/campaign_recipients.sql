-- Who is to get a campaign of the CRM: the audience of its collection. In a shared one also the collection's
-- tag. With the collection's newest sync, and the newest count of the gate for this draft.
select
    used.list_id,
    coalesce(list.name, own.remote_name, used.list_id) as audience,
    tag.name as tag,
    -- Members of a shared audience count if they have the tag of the collection.
    case when used.shared_id is not null then used.collection_id end as tagged_for,
    newest.finished_at as synced_at,
    newest.staged as contacts,
    (
        select count(*) from sync.quarantine
        where
            quarantine.collection_code = planned.collection_code
            and quarantine.resolved_at is null
            and quarantine.reason_code not in ('invalid_field_value', 'address_changed')
    ) as held_back,
    gate.recipients as counted,
    gate.decided_at as counted_at
from sync.campaign as planned
left join sync.collection_audience as used on planned.collection_code = used.collection_code
left join stats.lists as list on used.list_id = list.list_id
left join sync.audience as own on used.list_id = own.list_id
left join sync.tag as tag on used.collection_id = tag.collection_id and tag.left_at is null
left join lateral (
    select
        run.finished_at,
        run.staged
    from sync.collection_run as run
    where
        run.collection_code = planned.collection_code
        and run.state = 'succeeded'
        and not exists (
            select from sync.staging_run as stage
            where stage.staging_id = run.staging_id and stage.dry_run
        )
    order by run.started_at desc
    limit 1
) as newest on true
left join lateral (
    select
        decision.recipients,
        decision.decided_at
    from sync.campaign_gate as decision
    where
        decision.campaign_id = planned.campaign_id
        and decision.provider_campaign_id = planned.provider_campaign_id
        and decision.list_id = used.list_id
        and decision.recipients is not null
    order by decision.gate_id desc
    limit 1
) as gate on true
where planned.campaign_code = %(code)s
order by planned.campaign_id desc
limit 1
