-- Rows of a report that could not be read: a difference that they cause is explained by them.
create table stats.left_out (
    campaign_id text not null references stats.campaigns,
    stream text not null,
    problem text not null,
    left_out_rows bigint not null,
    hides jsonb not null default '{}',
    read_at timestamptz not null default now(),
    primary key (campaign_id, stream, problem)
);
comment on table stats.left_out is
'Rows of a campaign''s report that could not be read, and why. A later reading that reads them removes them.';
comment on column stats.left_out.campaign_id is 'The campaign.';
comment on column stats.left_out.stream is 'Stream of the report, as in stats.stream_state.';
comment on column stats.left_out.problem is 'Field, what we expected, and the type that Mailchimp sent.';
comment on column stats.left_out.left_out_rows is 'Number of rows with this problem.';
comment on column stats.left_out.hides is
'What these rows hide of Mailchimp''s totals, at most: amounts by metric, as in stats.reconciliation.';
comment on column stats.left_out.read_at is 'Time of the reading that left them out.';

alter table stats.reconciliation add column left_out bigint not null default 0;
comment on column stats.reconciliation.left_out is
'What rows that could not be read hide of Mailchimp''s figure, at most (stats.left_out).';
alter table stats.reconciliation add column detail text;
comment on column stats.reconciliation.detail is
'Rows that could not be read: how many of which stream, and why. Null if none hides a part of the figure.';
comment on column stats.reconciliation.explanation is
'Null when equal; unexplained if any part is; else left_out_rows, activity_cap, deleted_members, '
'kept_after_deletion, proxy_flags_missing, changed_while_reading (until the next reading), or accepted.';
