-- What of a contact's row the run could not read.
alter table staging.contact add column unreadable_detail text;
comment on column staging.contact.unreadable_detail is
'Columns of the contact that cannot be read, never their values. Null if all can.';
