-- Seconds since the last success of each collection that ran in the last seven days.
select
    known.collection_id,
    extract(epoch from now() - max(past.finished_at))::float8 as seconds
from sync.collection_run as past
inner join sync.known_collection as known
    on past.collection_code = known.collection_code and known.replaced_by is null
where
    past.state = 'succeeded'
    and exists (
        select from sync.collection_run as tried
        where
            tried.collection_code = past.collection_code
            and tried.started_at > now() - interval '7 days'
    )
group by known.collection_id
order by known.collection_id
