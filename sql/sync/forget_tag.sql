-- Somebody deleted the tag in Mailchimp. Nobody took it from its members, so this is no refusal of theirs. It
-- is made again, and they get it again. Members from which somebody took it before do not.
with lost as (
    delete from sync.tag_member
    where list_id = %(list_id)s and collection_id = %(collection_id)s and taken_by_hand_at is null
)

update sync.tag
set tag_id = null, made_as = null, deleted_at = now()
where list_id = %(list_id)s and collection_id = %(collection_id)s
