-- After a loss of the sync state nobody knows from which members somebody took the collection's tag. Members
-- whose contact is eligible had the tag before, or joined since. So each of them counts as one that carried
-- it: note_tagged.sql finds that it does not, and notes the refusal.
insert into sync.tag_member (list_id, collection_id, subscriber_hash, contact_id)
with eligible as (
    select
        verdict.contact_id,
        verdict.subscriber_hash
    from staging.verdict as verdict
    where
        verdict.staging_id = %(staging_id)s
        and verdict.collection_id = %(collection_id)s
        -- A consent that cannot be read now may have been there before.
        and (verdict.reason_code is null or verdict.reason_code = 'unreadable_consent')
),

ours as (
    select
        member.subscriber_hash,
        member.contact_id
    from sync.member as member
    where
        member.list_id = %(list_id)s
        and member.status = 'subscribed'
        -- CRMREF says that the sync pushed it: only such a member ever had the tag by the sync.
        and member.origin in ('created', 'adopted')
        and not %(collection_id)s::bigint = any(member.taken_after_loss)
        and not exists (
            select from tagged_now
            where tagged_now.subscriber_hash = member.subscriber_hash
        )
        -- The collection has another audience since, and the person is there: nobody took the tag before.
        and not exists (
            select from present_now
            where present_now.subscriber_hash = member.subscriber_hash
        )
        and not exists (
            select from present_now
            where present_now.contact_id = member.contact_id
        )
),

untagged as (
    select
        ours.subscriber_hash,
        eligible.contact_id
    from ours
    inner join eligible on ours.contact_id = eligible.contact_id
    union
    select
        ours.subscriber_hash,
        eligible.contact_id
    from ours
    inner join eligible on ours.subscriber_hash = eligible.subscriber_hash
    union
    -- The person goes on as another contact, which may have another address.
    select
        ours.subscriber_hash,
        eligible.contact_id
    from ours
    inner join staging.merged as merged
        on merged.staging_id = %(staging_id)s and ours.contact_id = merged.merged_id
    inner join eligible on merged.contact_id = eligible.contact_id
)

select
    %(list_id)s,
    %(collection_id)s,
    untagged.subscriber_hash,
    min(untagged.contact_id) as contact_id
from untagged
group by untagged.subscriber_hash
on conflict do nothing
