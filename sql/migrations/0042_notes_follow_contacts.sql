-- A note about a changed address follows its person to another contact.
alter table sync.changed_address
add column gone_since timestamptz,
add column copied_from bigint;
create index changed_address_by_contact on sync.changed_address (contact_id);
comment on column sync.changed_address.gone_since is
'Clock of the first run that did not find the contact in the CRM; null: it is there.';
comment on column sync.changed_address.copied_from is
'The merged or gone contact that had the note before this one; null: the note began with this contact.';
