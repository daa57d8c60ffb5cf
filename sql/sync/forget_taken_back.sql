-- Another permission counts from now on: who took the former one back is marked again where it counts, too.
-- Refusals stay in sync.refusal.
update sync.member
set cause = null
where
    list_id = %(list_id)s
    and taken_back_permissions <> '{}'
    and cause = 'permission_taken_back'
