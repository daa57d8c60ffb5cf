-- Fields of the audience's map that it carries no longer. The members of ours that may have values in them
-- are marked. A field that is known as former already changes nothing.
with former as (
    insert into sync.former_field (list_id, tag, merge_id, name)
    select
        field.list_id,
        field.tag,
        field.merge_id,
        field.name
    from sync.merge_field as field
    where
        field.list_id = %(list_id)s
        and field.field_code <> all(%(kept_codes)s::text[])
        and field.tag <> all(%(carried_tags)s::text[])
        and (%(field_code)s::text is null or field.field_code = %(field_code)s)
        -- A tag that was changed in Mailchimp is still the same field.
        and field.merge_id <> all(%(carried_ids)s::integer[])
    on conflict (list_id, tag) do nothing
    returning tag
)

update sync.member as member
set left_values = 'waiting'
where
    member.list_id = %(list_id)s
    and member.origin in ('created', 'adopted')
    and member.cause is distinct from 'forgotten'
    and exists (select from former)
