-- Additional fields, one row a code. A field that breaks the contract is named, and left out later.
select distinct on (field.code)
    field.code,
    coalesce(field.label, '') as label,
    coalesce(field.data_type, '') as data_type,
    case when array_ndims(field.choices) = 1 then array_remove(field.choices, null) else '{}' end as choices,
    nullif(
        concat_ws(
            ', ',
            case when count(*) over (partition by field.code) > 1 then 'code is there twice' end,
            case when coalesce(btrim(field.label), '') = '' then 'column label is empty' end,
            case
                when
                    coalesce(
                        field.data_type
                        not in ('text', 'number', 'date', 'boolean', 'url', 'phone', 'choice'),
                        true
                    )
                    then 'column data_type has another word'
            end,
            case when array_ndims(field.choices) > 1 then 'column choices is a list of lists' end
        ),
        ''
    ) as unreadable
from crm.contact_field as field
where field.code is not null
order by field.code asc, field.label asc
