-- A tag that somebody made by hand is never taken for a collection's own, and drafts follow their tag.
alter table sync.tag
add column made_as text,
add column deleted_at timestamptz;
comment on column sync.tag.name is
'Its name in Mailchimp. It is noted before the call that gives a spare name, and after any other.';
comment on column sync.tag.made_as is
'The name under which the sync makes the tag, noted before the call. Nobody else knows it, so a tag of this '
'name is ours after a lost answer. Null: the sync has made none.';
comment on column sync.tag.deleted_at is
'When the sync noticed that somebody deleted the tag in Mailchimp; null: nobody did, or it is made again.';

alter table sync.campaign add column tag_id bigint;
comment on column sync.campaign.tag_id is
'The tag that the draft goes to, as far as the sync wrote it; null: it goes to no tag, or nobody knows.';
update sync.campaign as campaign
set tag_id = tag.tag_id
from sync.tag as tag
where
    campaign.list_id = tag.list_id
    and campaign.collection_code = tag.collection_code
    and tag.left_at is null;

-- The words of the quarantine, for members from which somebody took the tag.
update sync.reason
set
    explanation = 'Somebody archived the member in Mailchimp, or took the collection''s tag from it there.',
    what_to_do = what_to_do || ' If the tag was taken, it ends when somebody gives it again there.'
where reason_code = 'suppressed_archived';
