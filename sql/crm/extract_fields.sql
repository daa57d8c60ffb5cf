select
    code,
    label,
    data_type,
    coalesce(choices, '{}') as choices
from crm.contact_field
order by code
