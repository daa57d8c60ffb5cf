-- Prepares a new plan: it removes the last plan, and puts Mailchimp's member ids into the verdicts. The ids
-- differ where Mailchimp keeps an address under an id of its own. They also differ where the person chose
-- another address there.
with named as (
    select
        verdict.contact_id,
        coalesce(
            changed.new_hash, alias.subscriber_hash, sync.subscriber_hash(verdict.address_key)
        ) as subscriber_hash
    from staging.verdict as verdict
    left join sync.subscriber_alias as alias on sync.subscriber_hash(verdict.address_key) = alias.address_hash
    left join sync.changed_address as changed
        on
            changed.list_id = %(list_id)s
            and verdict.contact_id = changed.contact_id
            and changed.old_hash = coalesce(alias.subscriber_hash, sync.subscriber_hash(verdict.address_key))
            and changed.ended_at is null
    where
        verdict.staging_id = %(staging_id)s
        and verdict.collection_id = %(collection_id)s
        and verdict.address_key is not null
),

renamed as (
    update staging.verdict as verdict
    set subscriber_hash = named.subscriber_hash
    from named
    where
        verdict.staging_id = %(staging_id)s
        and verdict.collection_id = %(collection_id)s
        and verdict.contact_id = named.contact_id
        and verdict.subscriber_hash <> named.subscriber_hash
)

delete from staging.plan
where staging_id = %(staging_id)s and collection_id = %(collection_id)s
