-- A batch of the contacts of all collections, each contact once. Of each collection the next ones are read
-- by the index, and not all that come later.
select distinct batch.contact_id
from (
    select next.contact_id
    from unnest(%(collection_ids)s::bigint[]) as wanted (collection_id)
    cross join lateral (
        select member.contact_id
        from staging.membership as member
        where
            member.staging_id = %(staging_id)s
            and member.collection_id = wanted.collection_id
            and member.contact_id > %(after)s
        order by member.contact_id
        limit %(batch)s
    ) as next
) as batch
order by batch.contact_id
limit %(batch)s
