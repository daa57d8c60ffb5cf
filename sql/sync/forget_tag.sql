-- Mailchimp has no such tag any more: it is made again, and its members get it again.
with lost as (
    delete from sync.tag_member
    where list_id = %(list_id)s and collection_id = %(collection_id)s and taken_by_hand_at is null
)

update sync.tag
set tag_id = null
where list_id = %(list_id)s and collection_id = %(collection_id)s
