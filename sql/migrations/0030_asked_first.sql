-- Collections whose new members are asked to confirm before they get mail.
alter table sync.staged_collection add column confirm_new_members boolean not null default false;
comment on column sync.staged_collection.confirm_new_members is
'Whether new members are asked to confirm first: crm.contact_collection.confirm_new_members.';
