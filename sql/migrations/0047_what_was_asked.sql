-- Whose removals a person was asked about: an approval holds for nothing else.
alter table sync.removal_request add column collection_id bigint;
alter table sync.removal_request add column list_id text;
alter table sync.removal_request add column of_tag boolean;
comment on column sync.removal_request.collection_id is
'The collection, or the shared audience, whatever its code is now. Null: asked before this column. Such an '
'approval is never carried out, and the next run asks again.';
comment on column sync.removal_request.list_id is
'The audience, and by it the account. An approval holds for no other one.';
comment on column sync.removal_request.of_tag is
'Whether members lose the collection''s tag. Otherwise they are archived or unsubscribed.';
