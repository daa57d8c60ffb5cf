select
    code,
    -- A time that cannot be read counts as long ago.
    case
        when updated_at >= '1970-01-01 00:00:00+00' and updated_at < '9000-01-01 00:00:00+00' then updated_at
        else '1970-01-01 00:00:00+00'
    end as updated_at
from crm.contact_collection
where is_active and external_provider is not null and code is not null
