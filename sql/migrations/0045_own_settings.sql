-- Which sender values and list defaults are a collection's own.
alter table sync.staged_collection add column own_settings text[];
comment on column sync.staged_collection.own_settings is
'Names of the settings that the collection has itself. The others are those of its provider. Null: a run '
'from before this column.';
