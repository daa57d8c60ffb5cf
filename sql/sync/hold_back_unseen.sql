-- Holds back the new addresses of contacts whose former member nobody could look up. That member may be
-- deleted for good, which is a refusal. Contacts that had the same address are here, too. The next run
-- looks again.
with unseen as (
    select distinct contact_id
    from sync.member
    where
        -- In whatever audience: the collection may have left the one where nobody could look.
        subscriber_hash = any(%(subscriber_hashes)s::text[])
        and contact_id is not null
),

concerned as (
    select contact_id from unseen
    union
    select other.contact_id
    from unseen
    inner join sync.address_holder as holder on unseen.contact_id = holder.contact_id
    inner join sync.address_holder as other on holder.address_digest = other.address_digest
),

held_back as (
    update staging.plan
    set action = 'quarantine', cause = 'rejected_by_mailchimp'
    where
        staging_id = %(staging_id)s
        and collection_id = %(collection_id)s
        and action in ('add', 'add_pending', 'revive')
        and contact_id in (select contact_id from concerned)
    returning subscriber_hash, contact_id
),

noted as (
    insert into sync.rejection (
        list_id, subscriber_hash, contact_id, content_hash, kind, message, retryable
    )
    select
        %(list_id)s::text as list_id,
        subscriber_hash,
        contact_id,
        '' as content_hash,
        'other' as kind,
        'Mailchimp failed to answer about the contact''s former address' as message,
        true as retryable
    from held_back
    where %(list_id)s::text is not null
    on conflict (list_id, subscriber_hash) do update
        set
            contact_id = excluded.contact_id,
            content_hash = excluded.content_hash,
            kind = excluded.kind,
            message = excluded.message,
            retryable = excluded.retryable,
            rejected_at = now()
)

select contact_id from held_back
