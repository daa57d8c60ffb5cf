-- What every stored staging has about a person: section and record. Another holder of the address is
-- another contact. That contact is included only if the request names the address itself.
select
    'snapshots of the CRM' as section,
    jsonb_build_object('run_id', run.run_id, 'taken_at', run.clock)
    || to_jsonb(contact) - array['address_digest', 'contact_digest', 'refusal_digest'] as record
from staging.contact as contact
left join sync.staging_run as run on contact.staging_id = run.staging_id
where contact.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'collections in the snapshots' as section,
    jsonb_build_object('run_id', run.run_id, 'collection_code', collection.collection_code)
    || to_jsonb(membership) as record
from staging.membership as membership
left join sync.staging_run as run on membership.staging_id = run.staging_id
left join sync.staged_collection as collection
    on membership.staging_id = collection.staging_id and membership.collection_id = collection.collection_id
where membership.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'consents in the snapshots' as section,
    jsonb_build_object('run_id', run.run_id) || to_jsonb(consent) as record
from staging.consent as consent
left join sync.staging_run as run on consent.staging_id = run.staging_id
where consent.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'refusals in the snapshots' as section,
    jsonb_build_object('run_id', run.run_id) || to_jsonb(refusal) as record
from staging.refusal as refusal
left join sync.staging_run as run on refusal.staging_id = run.staging_id
where refusal.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'merged contacts in the snapshots' as section,
    jsonb_build_object('run_id', run.run_id) || to_jsonb(merged) as record
from staging.merged as merged
left join sync.staging_run as run on merged.staging_id = run.staging_id
where
    merged.contact_id = any(%(contact_ids)s::bigint[])
    or merged.merged_id = any(%(contact_ids)s::bigint[])
union all
select
    'verdicts in the snapshots' as section,
    jsonb_build_object('run_id', run.run_id, 'collection_code', collection.collection_code)
    || to_jsonb(verdict) as record
from staging.verdict as verdict
left join sync.staging_run as run on verdict.staging_id = run.staging_id
left join sync.staged_collection as collection
    on verdict.staging_id = collection.staging_id and verdict.collection_id = collection.collection_id
where
    verdict.subscriber_hash = any(%(subscriber_hashes)s::text[])
    or verdict.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'changes planned in the snapshots' as section,
    jsonb_build_object('run_id', run.run_id, 'collection_code', collection.collection_code)
    || to_jsonb(plan) as record
from staging.plan as plan
left join sync.staging_run as run on plan.staging_id = run.staging_id
left join sync.staged_collection as collection
    on plan.staging_id = collection.staging_id and plan.collection_id = collection.collection_id
where
    plan.subscriber_hash = any(%(subscriber_hashes)s::text[])
    or plan.contact_id = any(%(contact_ids)s::bigint[])
    or plan.address_key = any(%(addresses)s::text[])
