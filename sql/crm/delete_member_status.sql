-- Removes the rows of contacts that the sync state no longer knows, such as erased ones.
delete from crm.provider_member_status as written
using member_status
where
    member_status.status is null
    and written.collection_id = member_status.collection_id
    and written.contact_id = member_status.contact_id
