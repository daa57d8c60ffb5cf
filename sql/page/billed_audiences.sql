-- The audiences with most contacts that Mailchimp bills.
select
    account,
    list_id,
    name,
    collection_codes,
    contacts,
    own_contacts,
    contacts_by_mailchimp
from mart.bill_audiences
order by contacts desc, list_id asc
limit %(most)s;
