-- The collection's audience becomes a former audience.
with retired as (
    delete from sync.audience
    where collection_id = %(collection_id)s
    returning list_id, account, linked, collection_id, collection_code, gdpr_category, pulled_through
),

tags as (
    update sync.tag
    set left_at = now()
    from retired
    where tag.list_id = retired.list_id and tag.left_at is null
),

left_now as (
    update sync.audience_use as used
    set left_at = coalesce(used.left_at, now())
    from retired
    where used.list_id = retired.list_id and used.collection_id = retired.collection_id
)

insert into sync.former_audience (
    list_id, account, linked, moved_to, collection_id, collection_code, gdpr_category, pulled_through
)
select
    list_id,
    account,
    linked,
    %(moved_to)s::text as moved_to,
    collection_id,
    collection_code,
    gdpr_category,
    pulled_through
from retired
on conflict (list_id) do update set
    account = excluded.account,
    linked = excluded.linked,
    moved_to = excluded.moved_to,
    collection_id = excluded.collection_id,
    collection_code = excluded.collection_code,
    gdpr_category = excluded.gdpr_category,
    pulled_through = excluded.pulled_through,
    retired_at = now(),
    fully_listed_at = null,
    deleted_at = null
