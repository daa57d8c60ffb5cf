-- What Mailchimp bills each account for.
select
    account,
    audiences,
    contacts,
    contacts_by_mailchimp,
    counted_by_mailchimp_at,
    repeated_addresses,
    saved_by_sharing,
    contact_limit,
    used_percent,
    is_near_limit,
    is_over_limit
from mart.bill
order by account;
