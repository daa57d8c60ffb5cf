-- Who looked a person up before, newest first.
select
    lookup.looked_up_at,
    lookup.looked_up_by
from sync.person_lookup as lookup
where
    lookup.digest = any(%(digests)s::bytea[])
    and lookup.lookup_id <> %(lookup_id)s
order by lookup.looked_up_at desc, lookup.lookup_id desc
limit %(most)s;
