-- Fields whose row in the CRM could not be read: their values are pushed again when it can be.
create table sync.left_out_field (
    list_id text not null,
    field_code text not null,
    left_out_since timestamptz not null default now(),
    primary key (list_id, field_code)
);
comment on table sync.left_out_field is
'Additional fields that an audience does not get now, because their row in crm.contact_field cannot be read. '
'When a field can be read again, every member''s values are pushed again.';
comment on column sync.left_out_field.list_id is 'Audience in Mailchimp.';
comment on column sync.left_out_field.field_code is
'Code of the field; empty if its row has no code, so that it may be any field.';
comment on column sync.left_out_field.left_out_since is 'Time at which we noticed it.';
