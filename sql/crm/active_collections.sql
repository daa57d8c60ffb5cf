select
    code,
    updated_at
from crm.contact_collection
where is_active and external_provider is not null
