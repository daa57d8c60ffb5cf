-- Members in stats.members that no table names any more, such as an erased hash. They are noted again, so
-- that they are removed after this transaction.
insert into mart.changed_member (list_id, subscriber_hash)
select
    changed.list_id,
    changed.subscriber_hash
from changed_member as changed
inner join stats.members as known
    on changed.list_id = known.list_id and changed.subscriber_hash = known.subscriber_hash
where
    not exists (
        select from mart.members as member
        where
            member.list_id = changed.list_id
            and member.subscriber_hash = changed.subscriber_hash
    );
