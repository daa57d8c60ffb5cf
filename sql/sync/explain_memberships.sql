select explanation.* -- noqa: AM04
from sync.membership_explanation as explanation
where
    explanation.subscriber_hash = any(%(subscriber_hashes)s::text[])
    or explanation.contact_id = any(%(contact_ids)s::bigint[])
order by
    explanation.collection_code asc, explanation.in_audience desc, explanation.contact_id asc nulls last,
    explanation.justified_at desc nulls last
