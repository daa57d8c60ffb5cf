-- The provider, campaign types, owners and collections: good ones, and one of each broken kind. The column
-- shared_audience is optional, and two collections of the sample need it.
alter table crm.contact_collection add column if not exists shared_audience text;
comment on column crm.contact_collection.shared_audience is
'Collections with the same value share one audience; null: an audience of its own.';

insert into crm.external_provider (
    code, connection_id, company, address1, city, state, zip, country, phone, from_name, from_email, subject,
    language, permission_reminder, email_type_option
)
values
(
    'mailchimp', 'mailchimp_default', 'Παράδειγμα Α.Ε.', 'Λεωφόρος Παραδείγματος 1', 'Αθήνα', 'Αττική',
    '10552', 'GR', '+30 210 7000000', 'Παράδειγμα', 'news@example.com', 'Τα νέα μας', 'el',
    'Λαμβάνετε αυτό το μήνυμα επειδή το ζητήσατε από εμάς.', false
);

insert into crm.campaign_type (code, description, gdpr_category)
values
('NEWSLETTER', 'Ενημερωτικό δελτίο', 'newsletter'),
('OFFER', 'Προσφορές', 'offer'),
('UNCLASSIFIED', 'Αταξινόμητο', 'unclassified');

insert into crm.resource (resource_id, name, email)
values
(1, 'Τμήμα Μάρκετινγκ', 'marketing@example.com'),
(2, 'Ζωή Ευθυμίου', 'zoe@example.com'),
(3, 'Customer service', null);

insert into crm.contact_collection (
    collection_id, code, description, owner_id, comments, is_shared, is_static, query_text,
    external_provider, campaign_type, use_provider_defaults, sync_merge_fields, company, address1, city, zip,
    country, phone, from_name, from_email, subject, language, permission_reminder, email_type_option,
    shared_audience, is_active, updated_at
)
select
    listed.collection_id,
    listed.code,
    listed.description,
    listed.owner_id,
    listed.comments,
    listed.is_shared,
    listed.query_text is null as is_static,
    listed.query_text,
    listed.provider,
    listed.campaign_type,
    listed.settings = 'provider' as use_provider_defaults,
    listed.with_fields as sync_merge_fields,
    case when listed.settings = 'own' then 'Παράδειγμα Βορείου Ελλάδος Ο.Ε.' end as company,
    case when listed.settings = 'own' then 'Τσιμισκή 1' end as address1,
    case when listed.settings = 'own' then 'Θεσσαλονίκη' end as city,
    case when listed.settings = 'own' then '54624' end as zip,
    case when listed.settings = 'own' then 'GR' end as country,
    case when listed.settings = 'own' then '+30 2310 200000' end as phone,
    case when listed.settings <> 'provider' then listed.from_name end as from_name,
    case when listed.settings = 'own' then 'offers@example.com' end as from_email,
    case when listed.settings = 'own' then 'Προσφορές' end as subject,
    case when listed.settings <> 'provider' then listed.language end as language,
    case
        when listed.language = 'en' then 'You receive this because you asked us for it.'
    end as permission_reminder,
    case when listed.settings = 'own' then true end as email_type_option,
    case when listed.code in ('BOOKS', 'BOOKS_OFFERS') then 'Βιβλία' end as shared_audience,
    listed.code <> 'OLD_LIST' as is_active,
    timestamptz '2025-09-01 08:00+00' as updated_at
from (
    values
    (
        1, 'NEWSLETTER', 'Ενημερωτικό δελτίο', 1, 'Κάθε μήνα', true, null, 'mailchimp', 'NEWSLETTER',
        'provider', false, null, null
    ),
    (
        2, 'OFFERS_ATHENS', 'Προσφορές Αθήνας', 2, null, false,
        'select contact_id from crm.contact where city = ''Αθήνα''', 'mailchimp', 'OFFER',
        'own', false, 'Προσφορές', 'el'
    ),
    (
        3, 'SERVICE', 'Ανακοινώσεις υπηρεσιών', 3, 'Χωρίς συγκατάθεση: αταξινόμητο', true, null, 'mailchimp',
        'UNCLASSIFIED', 'mixed', false, 'Εξυπηρέτηση', null
    ),
    (
        4, 'LOYALTY', 'Πρόγραμμα επιβράβευσης', 2, null, true, null, 'mailchimp', 'NEWSLETTER',
        'provider', true, null, null
    ),
    (
        5, 'OFFERS_ENGLISH', 'Offers in English', 2, 'Those who have a favourite shop', false,
        'select contact.contact_id from contact '
        'inner join contact_field_value as field on field.contact_id = contact.contact_id '
        'where contact.language = ''en'' and field.field_code in (''shop'', ''interests'')',
        'mailchimp', 'OFFER', 'mixed', true, 'Example Offers', 'en'
    ),
    (
        6, 'NO_TYPE', 'Χωρίς τύπο καμπάνιας', 1, null, false, null, 'mailchimp', null,
        'provider', false, null, null
    ),
    (
        7, 'BROKEN_QUERY', 'Ερώτημα με λάθος', 2, null, false,
        'select contact_id from crm.contact where colour = ''μπλε''', 'mailchimp', 'NEWSLETTER',
        'provider', false, null, null
    ),
    (
        8, 'REFUSED_QUERY', 'Ερώτημα που διαγράφει', 2, null, false,
        'delete from crm.collection_member returning contact_id', 'mailchimp', 'NEWSLETTER',
        'provider', false, null, null
    ),
    (
        9, 'OLD_LIST', 'Παλιά συλλογή', 1, 'Ανενεργή', false, null, 'mailchimp', 'NEWSLETTER',
        'provider', false, null, null
    ),
    (
        10, 'INTERNAL', 'Εσωτερική συλλογή', 3, 'Χωρίς εξωτερικό πάροχο', false, null, null, 'UNCLASSIFIED',
        'provider', false, null, null
    ),
    (
        11, 'BOOKS', 'Νέα βιβλία', 1, 'Μοιράζεται ένα κοινό', true, null, 'mailchimp', 'NEWSLETTER',
        'provider', false, null, null
    ),
    (
        12, 'BOOKS_OFFERS', 'Προσφορές βιβλίων', 2, 'Μοιράζεται ένα κοινό', true, null, 'mailchimp', 'OFFER',
        'provider', false, null, null
    )
) as listed (
    collection_id, code, description, owner_id, comments, is_shared, query_text, provider, campaign_type,
    settings, with_fields, from_name, language
);

insert into crm.collection_member (collection_id, contact_id, added_at)
select
    share.collection_id,
    contact.contact_id,
    timestamptz '2025-01-01 00:00+00'
    + pg_temp.draw(contact.contact_id, 200 + share.collection_id, 20000000) * interval '1 s' as added_at
from crm.contact as contact
inner join (
    values (1, 60), (3, 25), (4, 15), (6, 5), (9, 5), (10, 5), (11, 30), (12, 25)
) as share (collection_id, percent)
    on pg_temp.draw(contact.contact_id, 220 + share.collection_id, 100) < share.percent
union all
-- Rows of contacts that are gone.
select
    1 as collection_id,
    current_setting('crm_sample.contacts')::bigint + gone.number as contact_id,
    timestamptz '2025-01-01 00:00+00' as added_at
from generate_series(1, 3) as gone (number);

insert into crm.campaign (
    campaign_id, code, description, collection_id, campaign_type, subject_line, preview_text, from_name,
    reply_to, planned_at, state, updated_at
)
values
(
    1, 'NEWS-03', 'Νέα Μαρτίου', 1, 'NEWSLETTER', 'Τα νέα του Μαρτίου', 'Άνοιξη στα καταστήματά μας', null,
    null, '2027-03-15 08:00+00', 'approved', '2025-10-01 08:00+00'
),
(
    2, 'EASTER', 'Πασχαλινές προσφορές', 2, 'OFFER', 'Πασχαλινές προσφορές έως 30%', null, 'Προσφορές Αθήνας',
    'easter@example.com', '2027-04-20 06:45+00', 'approved', '2025-10-01 08:00+00'
),
(
    3, 'LOYALTY-1', 'Οι πόντοι σας', 4, 'NEWSLETTER', 'Οι πόντοι σας', null, null, null, null, 'approved',
    '2025-10-01 08:00+00'
),
(
    4, 'SERVICE-1', 'Νέο ωράριο', 3, 'UNCLASSIFIED', 'Νέο ωράριο', null, null, null, null, 'draft',
    '2025-10-01 08:00+00'
),
(
    5, 'SUMMER-EN', 'Summer offers', 5, 'OFFER', 'Summer is here', 'Up to 20 % off', 'Example Offers', null,
    '2027-06-01 07:00+00', 'draft', '2025-10-01 08:00+00'
),
(
    6, 'CANCELLED-1', 'Ακυρωμένη', 1, 'NEWSLETTER', 'Δεν θα σταλεί', null, null, null, '2027-03-01 08:00+00',
    'cancelled', '2025-10-01 08:00+00'
),
(
    7, 'STRICTER', 'Προσφορά σε μη ταξινομημένη συλλογή', 3, 'OFFER', 'Μόνο για εσάς', null, null, null,
    '2027-05-05 09:00+00', 'approved', '2025-10-01 08:00+00'
)
