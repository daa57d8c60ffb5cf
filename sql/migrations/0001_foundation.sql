-- The warehouse's schemas and what every layer shares. No extension is needed.

create schema staging;
create schema sync;
create schema stats;
create schema mart;

comment on schema staging is 'Snapshots of the CRM taken by runs; unlogged, may vanish.';
comment on schema sync is 'What the audience sync knows: members, runs, quarantine, proof, watermarks.';
comment on schema stats is 'Campaign reports as Mailchimp tells them: recipients, events, snapshots.';
comment on schema mart is 'What BI dashboards read.';

create table sync.watermark (
    name text primary key,
    value timestamptz not null,
    updated_at timestamptz not null default now()
);

comment on table sync.watermark is 'How far each incremental extract has come.';
comment on column sync.watermark.name is 'Extract and what it runs over, for example "members:<list_id>".';
comment on column sync.watermark.value is 'Everything changed up to this moment has been read.';
comment on column sync.watermark.updated_at is 'When the watermark last moved.';
