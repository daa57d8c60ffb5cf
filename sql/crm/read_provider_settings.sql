select
    company,
    address1,
    address2,
    city,
    state,
    zip,
    country,
    phone,
    from_name,
    from_email,
    subject,
    language,
    permission_reminder,
    email_type_option
from crm.external_provider
where code = %(code)s
for update
