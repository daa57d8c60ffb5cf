-- After a loss of the state a collection may be in another audience already. Who is there did not refuse.
alter table sync.tag add column found_through timestamptz;
comment on column sync.tag.found_through is
'After a loss of sync: the tag was found while its collection had another audience already. '
'The newest known change in the tag''s audience by then, Mailchimp''s clock. '
'Infinity: nobody has looked yet. Null: not found so.';
alter table sync.former_audience add column found_through timestamptz;
comment on column sync.former_audience.found_through is
'After a loss of sync: it was found while its collection had another audience already. '
'The newest known change in it by then, Mailchimp''s clock. '
'Infinity: nobody has looked yet. Null: not found so, or a run of the collection has succeeded since.';
