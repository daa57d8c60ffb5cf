delete from mart.member_engagement as kept
using changed_member as changed
where kept.list_id = changed.list_id and kept.subscriber_hash = changed.subscriber_hash;
