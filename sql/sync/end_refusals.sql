-- The person's own act ends a refusal: Mailchimp shows the address subscribed again in that audience, with
-- a later change. Some refusals only wait for a confirmation. They also end by a confirmation or sign-up at
-- another address of the person. That must be in an audience of one of the refusal's collections. A marketing
-- permission that was taken back must be given again, in that audience. This runs
-- before record_observed.sql, which overwrites the known status.
with pads as materialized (
    select
        sync.hmac_pad(54) as inner_pad,
        sync.hmac_pad(92) as outer_pad
),

seen as (
    select
        observed.list_id,
        observed.last_changed,
        observed.given_permissions,
        coalesce(member.contact_id, observed.contact_id) as contact_id,
        member.status as known_status,
        sync.keyed_digest(
            pads.inner_pad, pads.outer_pad,
            'subscriber:' || coalesce(observed.address_hash, observed.subscriber_hash)
        ) as address_digest,
        -- The member was missing or not subscribed at the last look: the person has acted since.
        -- A new member with our mark is our own addition, whose answer was lost.
        coalesce(
            member.status <> 'subscribed' or member.cause = 'forgotten',
            look.list_id is not null and observed.origin = 'foreign'
        ) as is_new
    from observed_member as observed
    left join sync.member as member
        on observed.list_id = member.list_id and observed.subscriber_hash = member.subscriber_hash
    left join sync.audience_look as look on observed.list_id = look.list_id
    cross join pads
    where
        observed.status = 'subscribed'
        and exists (select from sync.refusal)
        and (
            member.status is distinct from 'subscribed'
            or member.cause in ('forgotten', 'permission_taken_back')
            or exists (
                select from sync.refusal as reported
                where
                    reported.list_id = observed.list_id
                    and reported.known_from = 'campaign_report'
                    and reported.ended_at is null
            )
        )
),

-- Each member's refusals are looked up by their keys, as in judge_refusals.sql.
here as (
    select
        refusal.refusal_id,
        seen.known_status
    from seen
    cross join lateral (
        select present.refusal_id
        from sync.refusal as present
        where
            present.address_digest = seen.address_digest
            and present.list_id = seen.list_id
            and present.ended_at is null
            -- Somebody must give the tag again (note_tagged.sql).
            and present.kind <> 'tag_taken'
            and (
                present.kind <> 'permission_taken_back'
                or (
                    present.permission_id = any(seen.given_permissions)
                    and seen.last_changed > present.refused_at
                )
            )
            and case
                when present.known_from = 'campaign_report' then seen.last_changed > present.refused_at
                else present.refused_at is null or seen.last_changed >= present.refused_at
            end
        offset 0
    ) as refusal
),

acted as (
    select
        seen.list_id,
        seen.last_changed,
        seen.contact_id,
        seen.known_status,
        seen.address_digest
    from seen
    where seen.is_new
),

-- Refusals of the address, of the contact, and of contacts that hold the address.
of_person as (
    select
        acted.list_id,
        acted.last_changed,
        acted.known_status,
        refusal.refusal_id
    from acted
    inner join sync.refusal as refusal
        on acted.address_digest = refusal.address_digest and refusal.ended_at is null
    union
    select
        acted.list_id,
        acted.last_changed,
        acted.known_status,
        belongs.refusal_id
    from acted
    inner join sync.refusal_contact as belongs on acted.contact_id = belongs.contact_id
    union
    select
        acted.list_id,
        acted.last_changed,
        acted.known_status,
        belongs.refusal_id
    from acted
    inner join sync.address_holder as holder
        on acted.address_digest = holder.address_digest and holder.left_at is null
    inner join sync.refusal_contact as belongs on holder.contact_id = belongs.contact_id
),

answered as (
    select
        of_person.refusal_id,
        of_person.known_status
    from of_person
    cross join
        lateral (
            select open_one.collection_ids
            from sync.refusal as open_one
            where
                open_one.refusal_id = of_person.refusal_id
                and open_one.ended_at is null
                and open_one.kind in ('withdrawal', 'unconfirmed')
                and (open_one.refused_at is null or of_person.last_changed >= open_one.refused_at)
            offset 0
        ) as refusal
    where
        exists (
            select from sync.audience_use as used
            where
                used.list_id = of_person.list_id
                and used.left_at is null
                and used.collection_id = any(refusal.collection_ids)
        )
)

update sync.refusal as refusal
set
    ended_at = now(),
    ended_by = case when ended.known_status = 'pending' then 'confirmed' else 'signed_up' end
from (
    select
        refusal_id,
        known_status
    from here
    union all
    select
        refusal_id,
        known_status
    from answered
) as ended
where refusal.refusal_id = ended.refusal_id
