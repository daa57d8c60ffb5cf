-- A request for erasure counts by its address where the contact's id cannot be read.
alter table staging.refusal alter column contact_id drop not null;
comment on column staging.refusal.contact_id is
'Contact that refused. Null: a request for erasure by a contact whose id cannot be read.';
comment on column sync.erasure_receipt.contact_digest is
'As in sync.suppression, of kind contact. If the id of the contact cannot be read, of kind address.';
