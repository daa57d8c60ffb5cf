-- What the shop's CRM does not have: the sender, the campaign types, and which lists go to Mailchimp. Run it
-- after "crm create --missing-tables", which creates the first two tables.
insert into crm.external_provider (
    code, connection_id, company, address1, city, zip, country, from_name, from_email, subject,
    language, permission_reminder
) values (
    'mailchimp', 'mailchimp_default', 'Ελαιώνες ΑΕ', 'Οδός Ερμού 1', 'Αθήνα', '10563', 'GR',
    'Ελαιώνες', 'news@elaiones.gr', 'Νέα', 'el', 'Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε.'
);

insert into crm.campaign_type (code, description, gdpr_category) values
('NEWS', 'Ενημερωτικά', 'newsletter'),
('OFFER', 'Προσφορές', 'offer');

insert into crm_map.collection (
    collection_id, listno, code, description, staffno, campaign_type, query_text
) values
(1, 10, 'NEWS', null, 1, 'NEWS', null),
(2, 20, 'OFFERS', null, 2, 'OFFER', null),
(
    3, null, 'ATHENS', 'Πελάτες της Αθήνας', 1, 'NEWS',
    'select contact_id from contact where city = ''Αθήνα'' and is_active'
);
