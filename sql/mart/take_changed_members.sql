-- Takes and removes the notes in the refresh's own transaction: a refresh that fails leaves them.
create temporary table changed_member on commit drop as
with taken as (
    delete from mart.changed_member
    returning list_id, subscriber_hash
)

select
    list_id,
    subscriber_hash
from taken
union
select
    everyone.list_id,
    everyone.subscriber_hash
from (
    select
        list_id,
        subscriber_hash
    from stats.members
    union
    select
        list_id,
        subscriber_hash
    from sync.member
    union
    select
        list_id,
        subscriber_hash
    from mart.members
) as everyone
where (select rebuild from mart.setting);
