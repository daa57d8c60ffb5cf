-- Whether the tag's members have to be read before the plan gives the tag. Somebody may have taken it from a
-- person and given it to another member. The count of the members shows nothing of that. So this asks if a
-- person who gets the tag has it at another member. Or the person may have had it by an address that the
-- contact left since the last run.
with last_run as (
    select coalesce(max(staged.clock), '-infinity') as clock
    from sync.tag as tag
    inner join sync.collection_run as run
        on tag.collection_code = run.collection_code and run.state = 'succeeded'
    inner join sync.staging_run as staged on run.staging_id = staged.staging_id
    where tag.list_id = %(list_id)s and tag.collection_id = %(collection_id)s
),

getting as (
    select
        plan.contact_id,
        plan.subscriber_hash
    from staging.plan as plan
    where
        plan.staging_id = %(staging_id)s
        and plan.collection_id = %(collection_id)s
        and plan.action = 'tag'
),

person as (
    select
        getting.contact_id,
        getting.subscriber_hash
    from getting
    union all
    select
        merged.merged_id as contact_id,
        getting.subscriber_hash
    from getting
    inner join staging.merged as merged
        on merged.staging_id = %(staging_id)s and getting.contact_id = merged.contact_id
)

select
    exists (
        select from person
        inner join sync.tag_member as tagged
            on
                tagged.list_id = %(list_id)s
                and tagged.collection_id = %(collection_id)s
                and person.contact_id = tagged.contact_id
                and person.subscriber_hash <> tagged.subscriber_hash
                and tagged.taken_by_hand_at is null
        inner join sync.member as member
            on
                tagged.list_id = member.list_id
                and tagged.subscriber_hash = member.subscriber_hash
                -- Mailchimp does not show whether the others have it.
                and member.status not in ('archived', 'pending')
    )
    or exists (
        select from person
        inner join sync.address_holder as holder on person.contact_id = holder.contact_id
        inner join last_run on holder.left_at > last_run.clock
    ) as must_read
