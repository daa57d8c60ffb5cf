-- The first look at an audience that CRMREF marks as ours, after a loss of the sync state. A member of ours
-- is without a permission that others of ours have. So we had set it, and the person took it back.
with given as (
    select distinct unnest(given_permissions) as permission_id
    from sync.member
    where list_id = %(list_id)s and origin in ('created', 'adopted')
)

update sync.member as member
set
    taken_back_permissions = array(
        select given.permission_id from given
        where given.permission_id <> all(member.given_permissions)
        order by given.permission_id
    )
where
    member.list_id = %(list_id)s
    and member.origin in ('created', 'adopted')
    and member.synced_at is null
    and exists (
        select from given
        where given.permission_id <> all(member.given_permissions)
    )
