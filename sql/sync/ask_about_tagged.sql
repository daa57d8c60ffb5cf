-- Members that carry a collection's tag, get mail, and that no eligible contact of it represents.
insert into person_asked (key, contact_id, address_digest)
with pads as materialized (
    select
        sync.hmac_pad(54) as inner_pad,
        sync.hmac_pad(92) as outer_pad
)

select
    'member:' || tagged.subscriber_hash as key,
    coalesce(tagged.contact_id, member.contact_id) as contact_id,
    sync.keyed_digest(
        pads.inner_pad, pads.outer_pad,
        'subscriber:' || coalesce(alias.address_hash, tagged.subscriber_hash)
    ) as address_digest
from sync.tag_member as tagged
inner join sync.member as member
    on tagged.list_id = member.list_id and tagged.subscriber_hash = member.subscriber_hash
cross join pads
left join lateral (
    select same.address_hash from sync.subscriber_alias as same
    where same.subscriber_hash = tagged.subscriber_hash
    order by same.address_hash
    limit 1
) as alias on true
where
    tagged.list_id = %(list_id)s
    and tagged.collection_id = %(tag_of)s
    and tagged.taken_by_hand_at is null
    and sync.may_be_mailed(member.status)
    and not exists (
        select from staging.verdict as verdict
        where
            verdict.staging_id = %(staging_id)s
            and verdict.collection_id = %(collection_id)s
            and verdict.reason_code is null
            and verdict.subscriber_hash = tagged.subscriber_hash
            and not exists (
                select from given_up
                where
                    given_up.contact_id = verdict.contact_id
                    and given_up.old_hash = verdict.subscriber_hash
            )
    )
