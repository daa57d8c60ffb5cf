-- Each look at an audience asks which contacts left an address since the last look. The first look at a
-- former audience is a full listing. It shows who was deleted before the collection left.

create index address_holder_left on sync.address_holder (left_at) where left_at is not null;

alter table sync.former_audience add column fully_listed_at timestamptz;
comment on column sync.former_audience.fully_listed_at is
'When a run first listed it in full after the collection left it; null: not yet.';

alter table sync.refusal_contact add column gone_since timestamptz;
comment on column sync.refusal_contact.gone_since is
'Clock of the run that did not find the contact in the CRM, and searched for its addresses; null: present.';
