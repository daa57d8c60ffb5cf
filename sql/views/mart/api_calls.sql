-- Rows that count tags are left out: the row of their shared audience has their requests.
create or replace view mart.api_calls as
select
    collection_run.run_id,
    collection_run.collection_code,
    called.account,
    collection_run.started_at,
    (collection_run.started_at at time zone setting.report_time_zone)::date as day,
    called.api_calls
from sync.collection_run as collection_run
cross join mart.setting as setting
left join sync.staged_collection as staged
    on
        collection_run.staging_id = staged.staging_id
        and collection_run.collection_code = staged.collection_code
cross join
    lateral (
        select
            elsewhere.key as account,
            elsewhere.value::integer as api_calls
        from jsonb_each_text(collection_run.calls_elsewhere) as elsewhere
        union all
        select
            collection_run.account,
            (
                collection_run.api_calls
                - coalesce(
                    (
                        select sum(elsewhere.value::integer)
                        from jsonb_each_text(collection_run.calls_elsewhere) as elsewhere
                    ),
                    0
                )
            )::integer as api_calls
    ) as called
where staged.shared_id is null;
comment on view mart.api_calls is
'Fact: requests to Mailchimp by one run of the sync, for one collection or shared audience, in one account. '
'Rows add up. A collection that moved may have a row for each account.';
comment on column mart.api_calls.run_id is
'The run: Airflow''s id. Key together with collection_code and account.';
comment on column mart.api_calls.collection_code is
'The collection: mart.collections. Of a shared audience, its own code.';
comment on column mart.api_calls.account is 'Mailchimp account: the id of its Airflow connection.';
comment on column mart.api_calls.started_at is 'Start of the collection''s sync.';
comment on column mart.api_calls.day is 'Day of the start in the report time zone: mart.dates.';
comment on column mart.api_calls.api_calls is
'Requests. The row for the collection''s own account may have none.';
