-- An attempt that did not finish continues its counts. A finished run begins again at zero.
insert into sync.collection_run as collection_run (
    run_id, collection_code, account, staging_id, started_at, staged, eligible, quarantined
)
values (
    %(run_id)s, %(collection_code)s, %(account)s, %(staging_id)s, now(), %(staged)s, %(eligible)s,
    %(quarantined)s
)
on conflict (run_id, collection_code) do update
    set
        account = excluded.account,
        staging_id = excluded.staging_id,
        started_at
        = case when collection_run.finished_at is null then collection_run.started_at else now() end,
        finished_at = null,
        state = null,
        detail = null,
        staged = excluded.staged,
        eligible = excluded.eligible,
        quarantined = excluded.quarantined,
        added = case when collection_run.finished_at is null then collection_run.added else 0 end,
        updated = case when collection_run.finished_at is null then collection_run.updated else 0 end,
        removed = case when collection_run.finished_at is null then collection_run.removed else 0 end,
        rejected = case when collection_run.finished_at is null then collection_run.rejected else 0 end,
        api_calls = case when collection_run.finished_at is null then collection_run.api_calls else 0 end,
        calls_elsewhere
        = case when collection_run.finished_at is null then collection_run.calls_elsewhere else '{}' end
returning added, updated, removed, rejected, api_calls
