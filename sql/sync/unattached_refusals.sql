-- Open refusals at some addresses of an audience, of which nobody knows yet which contacts hold the address.
-- Each is looked up by its address, as in judge_refusals.sql.
select
    refusal.refusal_id,
    refusal.address_digest
from unnest(%(address_digests)s::bytea[]) as asked (address_digest)
cross join lateral ( -- noqa: ST05
    select
        present.refusal_id,
        present.address_digest
    from sync.refusal as present
    where
        present.address_digest = asked.address_digest
        and present.list_id = %(list_id)s
        and present.ended_at is null
        and present.holders_known_at is null
    offset 0
) as refusal
