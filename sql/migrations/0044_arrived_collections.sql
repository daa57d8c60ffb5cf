-- When a collection that left a shared audience was known to be somewhere else.
alter table sync.tag add column arrived_at timestamptz;
comment on column sync.tag.arrived_at is
'When a run of the collection was known to have succeeded in its new audience, after it left this one. '
'Until then its members stay, and so does the record of who they are.';
