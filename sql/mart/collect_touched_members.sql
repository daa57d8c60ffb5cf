-- Every member whose row, or whose person's row, may change. These are the changed members, and all other
-- members of the persons that they belong or belonged to.
create temporary table touched_member on commit drop as
with identified as (
    select
        changed.list_id,
        changed.subscriber_hash,
        our_member.contact_id,
        coalesce('contact ' || our_member.contact_id, 'member ' || changed.subscriber_hash) as contact_key
    from changed_member as changed
    left join sync.member as our_member
        on changed.list_id = our_member.list_id and changed.subscriber_hash = our_member.subscriber_hash
),

person as (
    select contact_key from identified
    union
    select known.contact_key
    from changed_member as changed
    inner join mart.members as known
        on changed.list_id = known.list_id and changed.subscriber_hash = known.subscriber_hash
)

select
    list_id,
    subscriber_hash,
    contact_id,
    contact_key,
    true as changed
from identified
union all
select
    known.list_id,
    known.subscriber_hash,
    known.contact_id,
    known.contact_key,
    false as changed
from person
inner join mart.members as known on person.contact_key = known.contact_key
where
    not exists (
        select from changed_member as changed
        where changed.list_id = known.list_id and changed.subscriber_hash = known.subscriber_hash
    );
