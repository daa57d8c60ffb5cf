-- A run has sent everything that it planned. What failed before it, might heal, and did not fail again has
-- healed.
delete from sync.rejection as rejection
using sync.collection_run as run
where
    rejection.list_id = %(list_id)s
    and rejection.retryable
    and run.run_id = %(run_id)s
    and run.collection_code = %(collection_code)s
    and rejection.rejected_at < run.started_at
