create or replace view mart.collection_runs as
select
    collection_run.run_id,
    collection_run.collection_code,
    collection_run.list_id,
    collection_run.account,
    collection_run.started_at,
    collection_run.finished_at,
    (collection_run.started_at at time zone setting.report_time_zone)::date as day,
    collection_run.state,
    case
        when collection_run.state in ('blocked', 'failed')
            then substring(collection_run.detail from '^[A-Za-z_]+')
    end as reason_code,
    collection_run.staged,
    collection_run.eligible,
    collection_run.quarantined,
    collection_run.added,
    collection_run.updated,
    collection_run.removed,
    collection_run.unchanged,
    collection_run.rejected,
    collection_run.api_calls,
    collection_run.collection_code ~ '^shared[:@]' as is_shared_audience,
    case when staged.shared_id is not null then 'tags' else 'members' end as counted
from sync.collection_run as collection_run
cross join mart.setting as setting
left join sync.staged_collection as staged
    on
        collection_run.staging_id = staged.staging_id
        and collection_run.collection_code = staged.collection_code;
comment on view mart.collection_runs is
'Fact: one row for each collection of each run of the sync, previews too. A shared audience also has a row, '
'with a code that begins with shared: or shared@. To add rows up, take only those where counted is members. '
'Rows last as long as retention keeps runs.';
comment on column mart.collection_runs.run_id is 'The run: Airflow''s id. Key together with collection_code.';
comment on column mart.collection_runs.collection_code is
'The collection: mart.collections. Of a shared audience, its own code.';
comment on column mart.collection_runs.list_id is 'The audience: mart.lists; null if it had none.';
comment on column mart.collection_runs.account is
'Mailchimp account of the collection: the id of its Airflow connection.';
comment on column mart.collection_runs.started_at is 'Start of the collection''s sync.';
comment on column mart.collection_runs.finished_at is 'End of the collection''s sync; null: none yet.';
comment on column mart.collection_runs.day is 'Day of the start in the report time zone: mart.dates.';
comment on column mart.collection_runs.state is
'succeeded, blocked (a person has to decide), failed, dry_run (a preview); null: still running.';
comment on column mart.collection_runs.reason_code is
'Code of the reason of a blocked or failed collection: docs/operations.md.';
comment on column mart.collection_runs.staged is
'Contacts of the collection, or of all collections of a shared audience.';
comment on column mart.collection_runs.eligible is 'Contacts that the checks did not hold back.';
comment on column mart.collection_runs.quarantined is 'Contacts that were held back.';
comment on column mart.collection_runs.added is
'Members added. In a shared audience the rows of its collections count tags given.';
comment on column mart.collection_runs.updated is
'Members with new values. Rows that count tags have none.';
comment on column mart.collection_runs.removed is
'Members unsubscribed or archived. In a shared audience the rows of its collections count tags taken.';
comment on column mart.collection_runs.unchanged is
'Members that needed no change. In a shared audience the rows of its collections count tags.';
comment on column mart.collection_runs.rejected is 'Members that Mailchimp refused.';
comment on column mart.collection_runs.api_calls is
'Requests to Mailchimp, in all accounts: mart.api_calls has those of each. The row of a shared audience has '
'those for the tags of its collections. Each collection has its own again.';
comment on column mart.collection_runs.is_shared_audience is
'Whether the row is about a shared audience, and not about a collection.';
comment on column mart.collection_runs.counted is
'What the row counts: members, or tags (a collection in a shared audience). The audience''s row counts '
'those members and all requests.';
