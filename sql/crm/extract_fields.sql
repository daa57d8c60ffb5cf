-- Additional fields, one row a code. A field that breaks the contract is named, and left out later.
-- A code that could be one of ours gets a prefix, as in extract_contacts.sql.
select distinct on (field.code)
    case
        when field.code is null then ''
        when octet_length(field.code) > %(longest_code)s
            then 'field#' || left(field.code, 40) || '#' || md5(field.code)
        when
            field.code like 'contact.%%'
            or field.code like 'field:%%'
            or field.code like 'field#%%'
            or field.code = any(%(standard_codes)s::text[])
            then 'field:' || field.code
        else field.code
    end as code,
    coalesce(field.label, '') as label,
    coalesce(field.data_type, '') as data_type,
    case when array_ndims(field.choices) = 1 then array_remove(field.choices, null) else '{}' end as choices,
    nullif(
        concat_ws(
            ', ',
            case when count(field.code) over (partition by field.code) > 1 then 'code is there twice' end,
            case when coalesce(field.code, '') = '' then 'column code is empty' end,
            case
                when coalesce(translate(field.label, %(unseen)s, ''), '') = '' then 'column label is empty'
            end,
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
order by field.code asc, field.label asc
