-- Stores language, city and country of staged contacts that are in an audience, where they changed. One
-- member of each is noted, so that the marts follow: a refresh finds the others. Previews, and contacts that
-- asked to be erased, give nothing. Everything is looked up by key, beginning with the members.
with used as (
    select distinct audience.list_id
    from sync.staging_run as run
    inner join sync.staged_collection as collection on run.staging_id = collection.staging_id
    inner join sync.collection_audience as audience on collection.collection_id = audience.collection_id
    where run.staging_id = %(staging_id)s and not run.dry_run
),

present as (
    select distinct on (contact.contact_id)
        contact.contact_id,
        member.list_id,
        member.subscriber_hash,
        nullif(lower(left(btrim(contact.language), 100)), '') as language,
        contact.city,
        contact.country
    from used
    inner join sync.member as member on used.list_id = member.list_id
    inner join staging.contact as contact on member.contact_id = contact.contact_id
    where
        contact.staging_id = %(staging_id)s
        and member.status in ('subscribed', 'pending')
        and contact.erasure_requested_at is null
    order by contact.contact_id asc, member.list_id asc
),

found as (
    select present.*
    from present
    left join sync.contact_attribute as known on present.contact_id = known.contact_id
    where
        (known.language, known.city, known.country)
        is distinct from (present.language, present.city, present.country)
),

changed as (
    insert into sync.contact_attribute as kept (contact_id, language, city, country)
    select
        contact_id,
        language,
        city,
        country
    from found
    on conflict (contact_id) do update set
        language = excluded.language,
        city = excluded.city,
        country = excluded.country,
        noted_at = now()
)

insert into mart.changed_member (list_id, subscriber_hash)
select
    list_id,
    subscriber_hash
from found
