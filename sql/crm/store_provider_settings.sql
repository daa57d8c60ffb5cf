update crm.external_provider
set
    company = %(company)s,
    address1 = %(address1)s,
    address2 = %(address2)s,
    city = %(city)s,
    state = %(state)s,
    zip = %(zip)s,
    country = %(country)s,
    phone = %(phone)s,
    from_name = %(from_name)s,
    from_email = %(from_email)s,
    subject = %(subject)s,
    language = %(language)s,
    permission_reminder = %(permission_reminder)s,
    email_type_option = %(email_type_option)s
where code = %(code)s
