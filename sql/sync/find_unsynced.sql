-- Audiences whose collections are not in this run. A collection may have left an account before it got an
-- audience in another one. Or a person retired its audience. Then it is the audience that it left.
select
    collection_id,
    collection_code,
    provider,
    account
from sync.audience
where collection_id <> all(%(collection_ids)s::bigint[])
union all
(
    select distinct on (former.collection_id)
        former.collection_id,
        former.collection_code,
        'mailchimp' as provider,
        former.account
    from sync.former_audience as former
    where
        former.collection_id <> all(%(collection_ids)s::bigint[])
        and former.deleted_at is null
        and former.collection_id not in (select audience.collection_id from sync.audience as audience)
    order by former.collection_id asc, former.retired_at desc
)
order by collection_id
