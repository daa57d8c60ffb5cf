-- Members that are neither in sync.member nor among any recipients, such as an erased hash.
delete from mart.members as kept
using changed_member as changed
where
    kept.list_id = changed.list_id
    and kept.subscriber_hash = changed.subscriber_hash
    and not exists (
        select from counted_member as counted
        where
            counted.list_id = changed.list_id
            and counted.subscriber_hash = changed.subscriber_hash
    );
