-- After a loss of the state a collection may be blocked, broken or inactive. Then nobody can say yet which of
-- its eligible members lack the tag.
alter table sync.tag add column unjudged_since timestamptz;
comment on column sync.tag.unjudged_since is
'Found again after a loss of the state: nobody has looked yet which eligible members lack the tag, because '
'somebody may have taken it by hand. Null: somebody has looked, or there was no loss.';
