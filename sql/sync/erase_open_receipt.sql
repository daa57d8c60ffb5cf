-- An erasure that began before continues under its receipt.
with begun as (
    select receipt_id from sync.erasure_receipt
    where
        contact_digest = %(contact_digest)s
        and requested_at = %(requested_at)s
        and finished_at is null
    order by receipt_id
    limit 1
),

opened as (
    insert into sync.erasure_receipt (contact_digest, requested_at, run_id)
    select
        %(contact_digest)s,
        %(requested_at)s,
        %(run_id)s
    where not exists (select from begun)
    returning receipt_id
)

select receipt_id from begun
union all
select receipt_id from opened
