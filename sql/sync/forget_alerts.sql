-- Removes alerts of troubles that are over, so that a new failure causes an alert at once.
delete from sync.alert
where
    alert.state = any(%(states)s::text[])
    and (%(codes)s::text[] is null or alert.collection_code = any(%(codes)s::text[]))
    and not exists (
        select from unnest(%(trouble_codes)s::text[], %(trouble_states)s::text[]) as trouble (code, state)
        where trouble.code = alert.collection_code and trouble.state = alert.state
    )
