-- Fields that an audience no longer carries: their values are cleared in Mailchimp, or named.

create table sync.former_field (
    list_id text not null,
    tag text not null,
    merge_id integer not null,
    name text not null,
    left_at timestamptz not null default now(),
    cleared_at timestamptz,
    primary key (list_id, tag)
);
comment on table sync.former_field is
'Merge fields that carried values of the CRM and do so no longer. The field was deleted in the CRM, has '
'another type, or its collection does not synchronise fields any more.';
comment on column sync.former_field.list_id is 'Audience in Mailchimp.';
comment on column sync.former_field.tag is 'Tag of the merge field when we noticed it.';
comment on column sync.former_field.merge_id is 'Mailchimp''s id of the merge field: its tag may change.';
comment on column sync.former_field.name is 'Name of the merge field in Mailchimp.';
comment on column sync.former_field.left_at is 'Time at which we noticed it.';
comment on column sync.former_field.cleared_at is
'Time at which no member of ours had a value in it any more; null until then.';

alter table sync.member add column left_values text
constraint left_values_word check (left_values in ('waiting', 'refused'));
comment on column sync.member.left_values is
'Whether Mailchimp may hold values of former fields: waiting to be cleared, or refused by Mailchimp. Null if '
'not.';
create index left_values on sync.member (list_id, subscriber_hash) where left_values is not null;
