update sync.collection_run
set
    finished_at = now(),
    state = %(state)s,
    list_id = %(list_id)s,
    quarantined = coalesce(%(quarantined)s, quarantined),
    unchanged = %(unchanged)s,
    api_calls = %(api_calls)s,
    calls_elsewhere = %(calls_elsewhere)s,
    detail = %(detail)s
where run_id = %(run_id)s and collection_code = %(collection_code)s
