-- Whether this state of sync knew a shared audience before its tags, and what only a preview found.
alter table sync.audience_use add column tags_known_at timestamptz;
comment on column sync.audience_use.tags_known_at is
'Since when the state knows which tags of a shared audience are ours. Before, a loss of the state may have '
'left tags of ours that it does not know.';
update sync.audience_use set tags_known_at = now();

alter table sync.former_audience add column found_in_preview boolean not null default false;
comment on column sync.former_audience.found_in_preview is
'A preview found it in Mailchimp after a loss of the state. The next run looks again.';
alter table sync.tag add column found_in_preview boolean not null default false;
comment on column sync.tag.found_in_preview is
'A preview found it in Mailchimp after a loss of the state. The next run looks again.';
