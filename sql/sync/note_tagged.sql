-- Compares who carries a tag in Mailchimp with what we know. A member that lost the tag by our own call,
-- whose answer was lost, is only forgotten. From another member somebody took it by hand. Mailchimp shows
-- neither archived nor pending members: nothing is known of those. Some became so just now (hidden).
with pads as materialized (
    select
        sync.hmac_pad(54) as inner_pad,
        sync.hmac_pad(92) as outer_pad
),

shown as (
    select distinct subscriber_hash from tagged_now
),

last_run as (
    select coalesce(max(staged.clock), '-infinity') as clock
    from sync.tag as tag
    inner join sync.collection_run as run
        on tag.collection_code = run.collection_code and run.state = 'succeeded'
    inner join sync.staging_run as staged on run.staging_id = staged.staging_id
    where tag.list_id = %(list_id)s and tag.collection_id = %(collection_id)s
),

gone as (
    select
        tagged.subscriber_hash,
        tagged.leaving_cause
    from sync.tag_member as tagged
    left join sync.member as member
        on tagged.list_id = member.list_id and tagged.subscriber_hash = member.subscriber_hash
    where
        tagged.list_id = %(list_id)s
        and tagged.collection_id = %(collection_id)s
        and tagged.taken_by_hand_at is null
        and coalesce(member.status not in ('archived', 'pending'), true)
        and not tagged.subscriber_hash = any(%(hidden)s::text[])
        and not exists (
            select from shown
            where shown.subscriber_hash = tagged.subscriber_hash
        )
),

forgotten as (
    delete from sync.tag_member as tagged
    using gone
    where
        tagged.list_id = %(list_id)s
        and tagged.collection_id = %(collection_id)s
        and tagged.subscriber_hash = gone.subscriber_hash
        -- Without a member there is no tag. Nobody took it.
        and (gone.leaving_cause is not null or not gone.subscriber_hash = any(%(present)s::text[]))
    returning tagged.subscriber_hash, gone.leaving_cause
),

taken as (
    update sync.tag_member as tagged
    set taken_by_hand_at = now()
    from gone
    where
        tagged.list_id = %(list_id)s
        and tagged.collection_id = %(collection_id)s
        and tagged.subscriber_hash = gone.subscriber_hash
        and gone.leaving_cause is null
        and gone.subscriber_hash = any(%(present)s::text[])
    returning tagged.subscriber_hash, tagged.contact_id
),

-- As where the answer came (record_untagged.sql).
lost as (
    select
        subscriber_hash,
        leaving_cause as cause
    from forgotten
    where leaving_cause is not null
    union all
    select
        subscriber_hash,
        'tag_taken' as cause
    from taken
),

ending as materialized (
    select
        open_proof.proof_id,
        lost.cause
    from lost
    inner join sync.tag as tag on tag.list_id = %(list_id)s and tag.collection_id = %(collection_id)s
    cross join
        lateral (
            select proof.proof_id
            from sync.consent_proof as proof
            where
                proof.list_id = tag.list_id
                and proof.subscriber_hash = lost.subscriber_hash
                and proof.collection_code = tag.collection_code
                and proof.ended_at is null
            offset 0
        ) as open_proof
),

ended as (
    update sync.consent_proof as proof
    set ended_at = now(), end_cause = ending.cause
    from ending
    where
        proof.proof_id = any(array(select ending.proof_id from ending))
        and proof.proof_id = ending.proof_id
),

refused as (
    insert into sync.refusal as refusal (
        kind, list_id, address_digest, collection_ids, known_from, refused_at, holders_known_at
    )
    select distinct
        'tag_taken' as kind,
        %(list_id)s::text as list_id,
        sync.keyed_digest(
            pads.inner_pad, pads.outer_pad,
            'subscriber:' || coalesce(alias.address_hash, taken.subscriber_hash)
        ) as address_digest,
        array[%(collection_id)s::bigint] as collection_ids,
        'member' as known_from,
        now() as refused_at,
        now() as holders_known_at
    from taken
    cross join pads
    left join lateral (
        select same.address_hash from sync.subscriber_alias as same
        where same.subscriber_hash = taken.subscriber_hash
        order by same.address_hash
        limit 1
    ) as alias on true
    on conflict (list_id, address_digest, kind) where ended_at is null
    do update
        set
            collection_ids = array_append(
                array_remove(refusal.collection_ids, %(collection_id)s::bigint), %(collection_id)s::bigint
            )
    returning refusal.refusal_id, refusal.address_digest
),

belongs as (
    insert into sync.refusal_contact (refusal_id, contact_id)
    select
        refused.refusal_id,
        taken.contact_id
    from taken
    cross join pads
    left join lateral (
        select same.address_hash from sync.subscriber_alias as same
        where same.subscriber_hash = taken.subscriber_hash
        order by same.address_hash
        limit 1
    ) as alias on true
    inner join refused
        on
            refused.address_digest = sync.keyed_digest(
                pads.inner_pad, pads.outer_pad,
                'subscriber:' || coalesce(alias.address_hash, taken.subscriber_hash)
            )
    where taken.contact_id is not null
    union
    -- As in open_refusals.sql: contacts that hold the address, such as the same one under a new id. Who left
    -- it since the last run had it, too, when the tag was taken.
    select
        refused.refusal_id,
        holder.contact_id
    from refused
    cross join last_run
    inner join sync.address_holder as holder
        on
            refused.address_digest = holder.address_digest
            and (holder.left_at is null or last_run.clock < holder.left_at)
    on conflict (refusal_id, contact_id) do update set merged_from = null
),

-- A removal of ours that failed: the tag is still there. If somebody takes it later, that is news.
stayed as (
    update sync.tag_member as tagged
    set leaving_cause = null
    from shown
    where
        tagged.list_id = %(list_id)s
        and tagged.collection_id = %(collection_id)s
        and tagged.subscriber_hash = shown.subscriber_hash
        and tagged.leaving_cause is not null
        and tagged.taken_by_hand_at is null
),

back as (
    update sync.tag_member as tagged
    set taken_by_hand_at = null, given_by_hand = true, leaving_cause = null
    from shown
    where
        tagged.list_id = %(list_id)s
        and tagged.collection_id = %(collection_id)s
        and tagged.subscriber_hash = shown.subscriber_hash
        and tagged.taken_by_hand_at is not null
    returning tagged.subscriber_hash
),

given as (
    insert into sync.tag_member (list_id, collection_id, subscriber_hash, contact_id, given_by_hand)
    select
        %(list_id)s,
        %(collection_id)s,
        shown.subscriber_hash,
        member.contact_id,
        -- After a loss of our state nobody knows who gave it.
        %(is_known)s as given_by_hand
    from shown
    left join sync.member as member
        on member.list_id = %(list_id)s and shown.subscriber_hash = member.subscriber_hash
    where
        not exists (
            select from sync.tag_member as known
            where
                known.list_id = %(list_id)s
                and known.collection_id = %(collection_id)s
                and known.subscriber_hash = shown.subscriber_hash
        )
    returning subscriber_hash
),

-- Nobody knows who gave it: a call of ours had no answer, or our state was lost.
unclear as (
    select
        not %(is_known)s
        or exists (
            select from sync.tag as tag
            where
                tag.list_id = %(list_id)s
                and tag.collection_id = %(collection_id)s
                and tag.owed_since is not null
        ) as is_so
),

by_hand as (
    select back.subscriber_hash from back
    union all
    select given.subscriber_hash
    from given
    inner join sync.member as member
        on member.list_id = %(list_id)s and given.subscriber_hash = member.subscriber_hash
)

select
    (
        select count(*)
        from by_hand
        cross join unclear
        where not unclear.is_so
    )::integer as given,
    (select count(*) from taken)::integer as taken
