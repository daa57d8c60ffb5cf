insert into mart.members as kept (
    list_id, subscriber_hash, contact_key, contact_id, status, in_audience, in_ledger, origin
)
select
    list_id,
    subscriber_hash,
    contact_key,
    contact_id,
    status,
    status in ('subscribed', 'pending') as in_audience,
    in_ledger,
    origin
from counted_member
where changed
on conflict (list_id, subscriber_hash) do update
    set
        contact_key = excluded.contact_key,
        contact_id = excluded.contact_id,
        status = excluded.status,
        in_audience = excluded.in_audience,
        in_ledger = excluded.in_ledger,
        origin = excluded.origin
    where
    (kept.contact_key, kept.contact_id, kept.status, kept.in_ledger, kept.origin)
    is distinct from (
        excluded.contact_key, excluded.contact_id, excluded.status, excluded.in_ledger,
        excluded.origin
    );
