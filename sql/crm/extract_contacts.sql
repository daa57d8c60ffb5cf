-- A batch of contacts with the values that may be sent. The hashes show whether any value changed. They
-- also change when a value is read differently, because its field has another type or other choices. Postal
-- address and date of birth are among the additional fields, under codes of their own. For a contact that
-- asked to be erased, names and fields are not read: only what a refusal needs.
with field as (
    select
        code,
        data_type,
        choices,
        -- As in extract_fields.sql: the CRM may give a field a code of ours.
        case
            when octet_length(code) > %(longest_code)s
                then 'field#' || left(code, 40) || '#' || md5(code)
            when
                code like 'contact.%%'
                or code like 'field:%%'
                or code like 'field#%%'
                or code = any(%(standard_codes)s::text[])
                then 'field:' || code
            else code
        end as field_code
    from crm.contact_field
),

field_value as (
    select
        value.contact_id,
        -- In a fixed order: of two values of one field always the same one counts.
        jsonb_object_agg(field.field_code, value.value order by value.value) as field_values,
        jsonb_object_agg(
            value.field_code,
            jsonb_build_array(value.value, field.data_type, btrim(value.value) = any(field.choices))
            order by value.value, field.data_type, field.choices
        ) as read_values
    from crm.contact_field_value as value
    inner join field on value.field_code = field.code
    where value.contact_id = any(%(contact_ids)s::bigint[]) and %(with_fields)s
    group by value.contact_id
),

column_value as (
    select distinct on (contact_id)
        contact_id,
        jsonb_strip_nulls(
            jsonb_build_object(
                %(address_code)s::text,
                case
                    when coalesce(address1, address2, city, zip) is not null
                        then
                            jsonb_build_object(
                                'address1', address1, 'address2', address2, 'city', city, 'zip', zip,
                                'country', country
                            )
                end,
                %(birthday_code)s::text, birth_date
            )
        ) as column_values
    from crm.contact
    where contact_id = any(%(contact_ids)s::bigint[]) and %(with_fields)s
)

select distinct on (contact.contact_id)
    contact.contact_id::bigint as contact_id,
    contact.email,
    case when contact.erasure_requested_at is null then contact.first_name end as first_name,
    case when contact.erasure_requested_at is null then contact.last_name end as last_name,
    case when contact.erasure_requested_at is null then contact.language end as language,
    -- What holds an @ is no city.
    case
        when contact.erasure_requested_at is null and strpos(contact.city::text, '@') = 0
            then nullif(left(btrim(contact.city::text), 100), '')
    end as city,
    case
        when contact.erasure_requested_at is null and strpos(contact.country::text, '@') = 0
            then nullif(upper(left(btrim(contact.country::text), 100)), '')
    end as country,
    coalesce(contact.is_active, false) as is_active,
    -- As text: a request may have a time that Python cannot hold. It is a request all the same.
    contact.erasure_requested_at::text as erasure_requested_at,
    case
        when
            mod(contact.merged_into_id::numeric, 1) = 0
            and abs(contact.merged_into_id::numeric) < 9223372036854775808
            then contact.merged_into_id::bigint
    end as merged_into_id,
    nullif(
        concat_ws(
            ', ',
            case
                when count(*) over (partition by contact.contact_id) > 1 then 'contact_id is there twice'
            end,
            case when contact.is_active is null then 'column is_active is null' end,
            case
                when
                    mod(contact.merged_into_id::numeric, 1) <> 0
                    or abs(contact.merged_into_id::numeric) >= 9223372036854775808
                    then 'column merged_into_id is no id'
            end
        ),
        ''
    ) as unreadable_detail,
    case
        when contact.erasure_requested_at is null
            then
                nullif(
                    coalesce(field_value.field_values, '{}') || coalesce(column_value.column_values, '{}'),
                    '{}'
                )::text
    end as field_values,
    md5(jsonb_build_array(contact.first_name, contact.last_name, contact.language)::text) as content_hash,
    md5(concat(field_value.read_values::text, column_value.column_values::text)) as fields_hash
from crm.contact as contact
left join field_value on contact.contact_id = field_value.contact_id
left join column_value on contact.contact_id = column_value.contact_id
where contact.contact_id = any(%(contact_ids)s::bigint[])
-- Of a contact that is there twice the row counts that asked to be erased.
order by contact.contact_id asc, contact.erasure_requested_at is null asc
