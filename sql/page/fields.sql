-- The merge fields of a collection's audience.
select
    field.field_code,
    field.tag,
    field.type,
    field.name
from sync.collection_audience as used
inner join sync.merge_field as field on used.list_id = field.list_id
where used.collection_code = %(collection_code)s
order by field.name, field.tag;
