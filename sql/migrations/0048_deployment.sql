-- The Airflow that works with this warehouse. Two of them make runs of the same ids.
create table sync.deployment (
    is_only boolean primary key default true check (is_only),
    deployment_id text check (deployment_id <> ''),
    since timestamptz not null default now()
);
comment on table sync.deployment is
'Which Airflow works with this warehouse. No row: none has yet, and the first one that asks becomes it.';
comment on column sync.deployment.is_only is 'Always true: the table has at most one row.';
comment on column sync.deployment.deployment_id is
'Value of the variable mailchimp_deployment of that Airflow. Null: no Airflow may work with the warehouse. '
'It was restored from a backup, and nobody has handed it over yet.';
comment on column sync.deployment.since is 'When it became so.';
