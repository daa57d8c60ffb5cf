-- The persons that the changed members belong to now, and belonged to before.
create temporary table changed_contact on commit drop as
select contact_key from touched_member
union
select known.contact_key
from changed_member as changed
inner join mart.members as known
    on changed.list_id = known.list_id and changed.subscriber_hash = known.subscriber_hash;
