-- Another collection under the same code. The audiences of the old one become former audiences of the new
-- one. Withdrawals still go out there, and refusals made there hold for the new collection. In a shared
-- audience the new collection takes over the tag, whose name has the code. Its guard judges who leaves. If
-- the old one was on its way to another audience, the new one goes on that way.
with known as (
    update sync.known_collection set replaced_by = %(new_id)s
    where collection_id = %(old_id)s
),

retired as (
    delete from sync.audience
    where collection_id = %(old_id)s
    returning list_id, account, linked, gdpr_category, pulled_through
),

handed_over as (
    update sync.former_audience
    set collection_id = %(new_id)s, collection_code = %(code)s, moved_to = null
    where collection_id = %(old_id)s
),

former as (
    insert into sync.former_audience (
        list_id, account, linked, collection_id, collection_code, gdpr_category, pulled_through
    )
    select
        retired.list_id,
        retired.account,
        retired.linked,
        %(new_id)s,
        %(code)s,
        retired.gdpr_category,
        retired.pulled_through
    from retired
),

tag as (
    update sync.tag set collection_id = %(new_id)s, collection_code = %(code)s
    where collection_id = %(old_id)s and (left_at is null or arrived_at is null)
    returning list_id
),

tagged as (
    update sync.tag_member set collection_id = %(new_id)s
    where collection_id = %(old_id)s and list_id in (select tag.list_id from tag)
),

proof as (
    update sync.consent_proof set collection_code = %(code)s
    where collection_code = %(old_code)s and ended_at is null and list_id in (select tag.list_id from tag)
),

-- The new one is asked about on its own account.
asked as (
    update sync.removal_request
    set decision = 'superseded', decided_at = now()
    where collection_id = %(old_id)s and decided_at is null
),

-- No run looks at the old one any more.
held_back as (
    update sync.quarantine
    set resolved_at = now()
    where collection_code = %(old_code)s and resolved_at is null
),

begun as (
    insert into sync.known_collection (collection_id, collection_code)
    values (%(new_id)s, %(code)s)
    -- The CRM has an id of before again.
    on conflict (collection_id) do update set
        collection_code = excluded.collection_code,
        replaced_by = null
),

used as (
    insert into sync.audience_use (list_id, collection_id, left_at)
    select
        list_id,
        %(new_id)s as collection_id,
        case when list_id not in (select tag.list_id from tag) then now() end as left_at
    from sync.audience_use
    where collection_id = %(old_id)s and settled_at is null
    on conflict (list_id, collection_id) do update set left_at = excluded.left_at, settled_at = null
)

update sync.refusal
set collection_ids = array_append(collection_ids, %(new_id)s::bigint)
where %(old_id)s = any(collection_ids) and not %(new_id)s = any(collection_ids)
