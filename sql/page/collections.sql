-- Every collection that is synced, with the values of its newest staging and the result of its newest run.
-- The newest staging of all says which are synced, and each later one too.
with staged as (
    select distinct on (collection_code) *
    from sync.staged_collection
    where
        staging_id >= coalesce(
            (
                select max(staging_id) from sync.staging_run
                where is_whole
            ),
            0
        )
    order by collection_code asc, staging_id desc
),

-- A collection's runs under each code that it had.
collection_runs as (
    select
        staged_collection.collection_id,
        staging_run.dry_run,
        collection_run.state,
        -- The question about removals is shown as it is now, not as it was when the run ended. Its words come
        -- right after the guard's own, up to the next semicolon.
        coalesce(
            guard.words
            || regexp_replace(substr(collection_run.detail, length(guard.words) + 1), '^; [^;]*', ''),
            collection_run.detail
        ) as detail,
        collection_run.started_at,
        collection_run.finished_at,
        collection_run.added,
        collection_run.updated,
        collection_run.removed
    from sync.collection_run
    inner join sync.staged_collection
        on
            collection_run.staging_id = staged_collection.staging_id
            and collection_run.collection_code = staged_collection.collection_code
    inner join sync.staging_run on collection_run.staging_id = staging_run.staging_id
    left join sync.staged_collection as audience
        on
            staged_collection.staging_id = audience.staging_id
            and staged_collection.shared_id = audience.collection_id
    -- The words of the collection's own guard, or of the guard of the audience that it shares.
    left join lateral (
        select said.words
        from (
            values
            (staged_collection.guard_detail),
            (regexp_replace(
                audience.guard_detail, '^([a-z_]+: )', '\1the audience that it shares ended blocked: '
            ))
        ) as said (words)
        where starts_with(collection_run.detail, said.words || '; ')
        limit 1
    ) as guard on true
),

-- A preview hides no real run.
last_run as (
    select distinct on (collection_id) *
    from collection_runs
    order by collection_id asc, dry_run asc, started_at desc
),

last_success as (
    select
        collection_id,
        max(finished_at) as succeeded_at
    from collection_runs
    where state = 'succeeded'
    group by collection_id
),

present as (
    select
        audience.collection_code,
        count(*) filter (where member.status = 'subscribed') as subscribed,
        count(*) filter (where member.status <> 'subscribed') as others
    from sync.audience
    inner join sync.member on audience.list_id = member.list_id
    group by audience.collection_code
    union all
    -- In a shared audience the members with the collection's tag.
    select
        tag.collection_code,
        count(*) filter (where member.status = 'subscribed') as subscribed,
        count(*) filter (where member.status <> 'subscribed') as others
    from sync.tag
    inner join sync.tag_member as tagged
        on tag.list_id = tagged.list_id and tag.collection_id = tagged.collection_id
    inner join sync.member
        on tagged.list_id = member.list_id and tagged.subscriber_hash = member.subscriber_hash
    where tag.left_at is null and tagged.taken_by_hand_at is null
    group by tag.collection_code
),

held_back as (
    select
        collection_code,
        count(*) as contacts
    from sync.quarantine
    where resolved_at is null and reason_code not in ('invalid_field_value', 'address_changed')
    group by collection_code
)

select
    staged.collection_code,
    staged.description,
    staged.owner_name,
    staged.is_shared,
    staged.is_static,
    staged.is_shared_audience,
    staged.comments,
    staged.campaign_type,
    coalesce(staged.connection_id, 'mailchimp_default') as account,
    case when run.data_docs is not null then staged.staging_id end as documented_staging_id,
    last_run.state,
    last_run.detail,
    last_run.finished_at,
    last_success.succeeded_at,
    coalesce(present.subscribed, 0) as subscribed,
    coalesce(present.others, 0) as others,
    coalesce(held_back.contacts, 0) as held_back,
    coalesce(last_run.added, 0) as added,
    coalesce(last_run.updated, 0) as updated,
    coalesce(last_run.removed, 0) as removed
from staged
inner join sync.staging_run as run on staged.staging_id = run.staging_id
left join last_run on staged.collection_id = last_run.collection_id
left join last_success on staged.collection_id = last_success.collection_id
left join present on staged.collection_code = present.collection_code
left join held_back on staged.collection_code = held_back.collection_code
order by staged.collection_code;
