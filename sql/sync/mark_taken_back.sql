-- Members that took back the permission that counts from now on. Each becomes a refusal by the trigger.
update sync.member
set cause = 'permission_taken_back'
where
    list_id = %(list_id)s
    and taken_back_permissions <> '{}'
    and %(permission_id)s = any(taken_back_permissions)
    and status = 'subscribed'
    and cause is null
