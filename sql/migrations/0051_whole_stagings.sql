-- The page must know which collections the CRM does not sync any more. A run for chosen collections does not
-- show it: it stages only those.
alter table sync.staging_run add column is_whole boolean not null default false;
comment on column sync.staging_run.is_whole is
'Whether all collections were staged, not chosen ones. False in runs from before it was kept.';
create index whole_staging on sync.staging_run (staging_id)
where is_whole;
