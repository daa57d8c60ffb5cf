-- Ids that were given since the backup are never given again. A person may still answer a question with one.
select
    count(
        setval(
            (quote_ident(counted.schemaname) || '.' || quote_ident(counted.sequencename))::regclass,
            least(coalesce(counted.last_value, 0) + 1000000, counted.max_value - 1)
        )
    )
from pg_catalog.pg_sequences as counted
where counted.schemaname = any(%(schemas)s::text[]) and not counted.cycle
