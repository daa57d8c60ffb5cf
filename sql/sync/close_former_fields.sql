-- Former fields of an audience in which no member of ours has a value any more.
update sync.former_field as field
set cleared_at = now()
where
    field.list_id = %(list_id)s
    and field.cleared_at is null
    and not exists (
        select from sync.member as member
        where member.list_id = %(list_id)s and member.left_values is not null
    )
