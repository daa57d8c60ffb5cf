-- Stores language, city and country of staged contacts that are in an audience, where they changed. The
-- members of these contacts are noted, so that the marts follow. Previews, and contacts that asked to be
-- erased, give nothing.
with staged as (
    select
        contact.contact_id,
        nullif(lower(left(btrim(contact.language), 100)), '') as language,
        contact.city,
        contact.country
    from staging.contact as contact
    where
        contact.staging_id = %(staging_id)s
        and not exists (
            select from sync.staging_run as run
            where run.staging_id = contact.staging_id and run.dry_run
        )
        and contact.erasure_requested_at is null
        and exists (
            select from sync.member as member
            where member.contact_id = contact.contact_id and member.status in ('subscribed', 'pending')
        )
),

changed as (
    insert into sync.contact_attribute as kept (contact_id, language, city, country)
    select
        staged.contact_id,
        staged.language,
        staged.city,
        staged.country
    from staged
    left join sync.contact_attribute as known on staged.contact_id = known.contact_id
    where
        (known.language, known.city, known.country)
        is distinct from (staged.language, staged.city, staged.country)
    order by staged.contact_id
    on conflict (contact_id) do update
        set
            language = excluded.language,
            city = excluded.city,
            country = excluded.country,
            noted_at = now()
    returning kept.contact_id
)

insert into mart.changed_member (list_id, subscriber_hash)
select
    member.list_id,
    member.subscriber_hash
from changed
inner join sync.member as member on changed.contact_id = member.contact_id
