-- A member may be added before the call that gives it the tag. If that call fails, the audience has a member
-- that no tag shows. Its collection may become inactive before the next run, and keeps it all the same.
alter table sync.tag add column owed_since timestamptz;
comment on column sync.tag.owed_since is
'The newest known change in the audience, Mailchimp''s clock, before members were added for the collection. '
'Some of them may not have its tag yet. Null: each has it.';
comment on column sync.tag_member.given_by_hand is
'Whether no plan of the collection wants the tag at the member. Somebody gave it in Mailchimp, or it was '
'left when the member was archived or unsubscribed.';
