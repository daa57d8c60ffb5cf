-- A collection's code changed in the CRM: its rows continue under the new code. If both codes have an open
-- row for the contact, the next run opens it again.
with known as (
    update sync.known_collection
    set collection_code = %(new)s
    where collection_id = %(collection_id)s
),

audience as (
    update sync.audience
    set collection_code = %(new)s
    where collection_id = %(collection_id)s
    returning list_id
),

former as (
    update sync.former_audience
    set collection_code = %(new)s
    where collection_id = %(collection_id)s
    returning list_id
),

tag as (
    update sync.tag
    set collection_code = %(new)s
    where collection_id = %(collection_id)s
    returning list_id
),

proof as (
    update sync.consent_proof
    set collection_code = %(new)s
    where
        (
            -- In a shared audience the other proofs are those of its collections.
            (list_id in (select list_id from audience) or list_id in (select list_id from former))
            and (collection_code = %(old)s or list_id not in (select shared.list_id from sync.tag as shared))
        )
        or (list_id in (select list_id from tag) and collection_code = %(old)s)
),

judged as (
    update sync.collection_health
    set collection_code = %(new)s
    where collection_id = %(collection_id)s
),

-- A notice that the collection is well again comes under its new code.
alerted as (
    update sync.alert as alert
    set collection_code = %(new)s
    where
        alert.collection_code = %(old)s
        and starts_with(alert.state, 'too_many_')
        and not exists (
            select from sync.alert as other
            where other.collection_code = %(new)s and other.state = alert.state
        )
),

request as (
    update sync.removal_request
    set collection_code = %(new)s
    where collection_id = %(collection_id)s or (collection_id is null and collection_code = %(old)s)
)

update sync.quarantine as quarantine
set
    collection_code = case when other.contact_id is null then %(new)s else quarantine.collection_code end,
    resolved_at = case when other.contact_id is not null then now() end
from sync.quarantine as held
left join sync.quarantine as other
    on
        other.collection_code = %(new)s
        and held.contact_id = other.contact_id
        and other.resolved_at is null
        and case when held.reason_code in ('invalid_field_value', 'address_changed') then held.reason_code end
        is not distinct from
        case when other.reason_code in ('invalid_field_value', 'address_changed') then other.reason_code end
where
    quarantine.quarantine_id = held.quarantine_id
    and held.collection_code = %(old)s
    and held.resolved_at is null
