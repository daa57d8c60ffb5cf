-- The reason for an address that its person gave up in another audience.
insert into sync.reason values
(
    'address_given_up',
    87,
    'The person gave this address up in Mailchimp, in another audience.',
    'Enter the new address in the CRM.'
);
