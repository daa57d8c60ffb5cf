-- Every contact with each contact that was merged into it, directly or over several merges.
with recursive chain as (
    select
        merged.merged_into_id as contact_id,
        merged.contact_id as merged_id
    from crm.contact as merged
    where merged.merged_into_id is not null and merged.merged_into_id <> merged.contact_id
    union
    select
        survivor.merged_into_id as contact_id,
        chain.merged_id
    from chain
    inner join crm.contact as survivor on chain.contact_id = survivor.contact_id
    where survivor.merged_into_id is not null
)

select
    %(staging_id)s::bigint as staging_id,
    chain.contact_id::bigint as contact_id,
    chain.merged_id::bigint as merged_id
from chain
where
    chain.contact_id <> chain.merged_id
    and mod(chain.contact_id::numeric, 1) = 0
    and abs(chain.contact_id::numeric) < 9223372036854775808
    and mod(chain.merged_id::numeric, 1) = 0
    and abs(chain.merged_id::numeric) < 9223372036854775808
