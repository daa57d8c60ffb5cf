-- Compares who carries a tag in Mailchimp with what we know. A member that lost the tag by our own call,
-- whose answer was lost, is only forgotten. From another member somebody took it by hand. Mailchimp shows
-- neither archived nor pending members: nothing is known of those.
with shown as (
    select distinct subscriber_hash from tagged_now
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
        and (
            gone.leaving_cause is not null
            or not exists (
                select from sync.member as member
                where
                    member.list_id = tagged.list_id
                    and member.subscriber_hash = tagged.subscriber_hash
                    and member.cause is distinct from 'forgotten'
            )
        )
    returning tagged.subscriber_hash
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
        and exists (
            select from sync.member as member
            where
                member.list_id = tagged.list_id
                and member.subscriber_hash = tagged.subscriber_hash
                and member.cause is distinct from 'forgotten'
        )
    returning tagged.subscriber_hash
),

back as (
    update sync.tag_member as tagged
    set taken_by_hand_at = null, given_by_hand = true
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
        true as given_by_hand
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
)

select
    (select count(*) from given)::integer + (select count(*) from back)::integer as given,
    (select count(*) from taken)::integer as taken
