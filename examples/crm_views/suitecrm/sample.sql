-- Contacts for trying the views, good ones and bad ones. The comment of a row says what becomes of it in the
-- collection NEWS. In OFFERS nobody is eligible: SuiteCRM has no consent for offers.
insert into suitecrm.users (id, user_name, first_name, last_name, deleted) values
('1', 'admin', 'Αλεξάνδρα', 'Νικολάου', 0);

insert into suitecrm.contacts (
    id, date_modified, deleted, first_name, last_name, primary_address_city, primary_address_country,
    lawful_basis, lawful_basis_source
)
select
    'c0000000-0000-4000-8000-' || lpad(number::text, 12, '0') as id,
    '2024-05-01 10:00' as date_modified,
    case number when 9 then 1 else 0 end as deleted,
    first_name,
    last_name,
    'Αθήνα' as city,
    'Ελλάδα' as country,
    basis,
    'website' as source
from (
    values
    (1, 'Μαρία', 'Παπαδοπούλου', '^consent^'), -- eligible
    (2, 'Γιώργος', 'Ιωάννου', null), -- opt-in without confirmation: no_consent
    (3, 'Ελένη', 'Δημητρίου', null), -- confirmed, nobody knows when: unreadable_consent
    (4, 'Νίκος', 'Αντωνίου', null), -- confirmed, then opted out: consent_withdrawn
    (5, 'Κατερίνα', 'Βασιλείου', '^consent^,^withdrawn^'), -- consent_withdrawn
    (6, 'Πέτρος', 'Χριστοδούλου', null), -- the address is invalid: missing_email
    (7, 'Ιωάννα', 'Καραγιάννη', null), -- two primary addresses: missing_email
    (8, 'Βασίλης', 'Μακρής', null), -- an old address opted out later: consent_withdrawn
    (9, 'Σοφία', 'Αλεξίου', null), -- deleted: inactive_contact
    (10, 'Θανάσης', 'Οικονόμου', null), -- on a suppression list by id: consent_withdrawn
    (11, 'Δέσποινα', 'Λάμπρου', null), -- its domain is on a suppression list: consent_withdrawn
    (12, 'Ανδρέας', 'Ρήγας', null), -- a lead with this address is on a suppression list: consent_withdrawn
    (13, 'Φωτεινή', 'Σιδέρη', null), -- opt_out is null: unreadable_consent
    (14, 'Χάρης', 'Παππάς', null), -- shares the address of 4: consent_withdrawn
    (15, 'Λίνα', 'Γκίκα', null), -- an old address opted out before the confirmation: eligible
    (16, 'Παύλος', 'Κυριάκου', null) -- opted out in another row of the same address: consent_withdrawn
) as person (number, first_name, last_name, basis);

insert into suitecrm.email_addresses (
    id, email_address, email_address_caps, invalid_email, opt_out, confirm_opt_in, confirm_opt_in_date,
    date_modified, deleted
)
select
    'a0000000-0000-4000-8000-' || lpad(number::text, 12, '0') as id,
    address,
    upper(address) as address_caps,
    invalid,
    opt_out,
    word,
    confirmed::timestamp as confirmed_at,
    changed::timestamp as changed_at,
    0 as deleted
from (
    values
    (1, 'maria@example.gr', 0, 0, 'confirmed-opt-in', '2024-01-10 08:00', '2024-01-10 08:00'),
    (2, 'giorgos@example.gr', 0, 0, 'opt-in', null, '2024-01-10 08:00'),
    (3, 'eleni@example.gr', 0, 0, 'confirmed-opt-in', null, '2024-01-10 08:00'),
    (4, 'nikos@example.gr', 0, 1, 'confirmed-opt-in', '2024-01-10 08:00', '2024-02-10 08:00'),
    (5, 'katerina@example.gr', 0, 0, 'confirmed-opt-in', '2024-01-10 08:00', '2024-01-10 08:00'),
    (6, 'petros@example.gr', 1, 0, 'confirmed-opt-in', '2024-01-10 08:00', '2024-01-10 08:00'),
    (7, 'ioanna@example.gr', 0, 0, 'confirmed-opt-in', '2024-01-10 08:00', '2024-01-10 08:00'),
    (8, 'vasilis@example.gr', 0, 0, 'confirmed-opt-in', '2024-01-10 08:00', '2024-01-10 08:00'),
    (9, 'sofia@example.gr', 0, 0, 'confirmed-opt-in', '2024-01-10 08:00', '2024-01-10 08:00'),
    (10, 'thanasis@example.gr', 0, 0, 'confirmed-opt-in', '2024-01-10 08:00', '2024-01-10 08:00'),
    (11, 'despoina@antagonistis.gr', 0, 0, 'confirmed-opt-in', '2024-01-10 08:00', '2024-01-10 08:00'),
    (12, 'andreas@example.gr', 0, 0, 'confirmed-opt-in', '2024-01-10 08:00', '2024-01-10 08:00'),
    (13, 'foteini@example.gr', 0, null, 'confirmed-opt-in', '2024-01-10 08:00', '2024-01-10 08:00'),
    (15, 'lina@example.gr', 0, 0, 'confirmed-opt-in', '2024-03-10 08:00', '2024-03-10 08:00'),
    (16, 'pavlos@example.gr', 0, 0, 'confirmed-opt-in', '2024-01-10 08:00', '2024-01-10 08:00'),
    (107, 'ioanna@spiti.gr', 0, 0, 'not-opt-in', null, '2024-01-10 08:00'),
    (108, 'vasilis@palia.gr', 0, 1, 'not-opt-in', null, '2024-02-10 08:00'),
    (115, 'lina@palia.gr', 0, 1, 'not-opt-in', null, '2023-02-10 08:00'),
    (116, 'Pavlos@Example.gr', 0, 1, 'not-opt-in', null, '2024-02-10 08:00')
) as address (number, address, invalid, opt_out, word, confirmed, changed);

insert into suitecrm.email_addr_bean_rel (
    id, email_address_id, bean_id, bean_module, primary_address, date_modified, deleted
)
select
    'b0000000-0000-4000-8000-' || lpad(row_number() over (order by address, contact)::text, 12, '0') as id,
    'a0000000-0000-4000-8000-' || lpad(address::text, 12, '0') as address_id,
    'c0000000-0000-4000-8000-' || lpad(contact::text, 12, '0') as contact_id,
    module,
    is_primary,
    '2024-01-10 08:00' as date_modified,
    is_deleted
from (
    select
        number as address,
        number as contact,
        'Contacts' as module,
        1 as is_primary,
        0 as is_deleted
    from generate_series(1, 16) as number
    where number <> 14
    union all
    values
    (4, 14, 'Contacts', 1, 0), (107, 7, 'Contacts', 1, 0), (108, 8, 'Contacts', 0, 1),
    (115, 15, 'Contacts', 0, 0), (12, 900, 'Leads', 1, 0)
) as link;

insert into suitecrm.prospect_lists (id, name, list_type, domain_name, date_modified, deleted) values
('11111111-0000-4000-8000-000000000001', 'Ενημερωτικό δελτίο', 'default', null, '2024-01-01 00:00', 0),
('11111111-0000-4000-8000-000000000002', 'Προσφορές', 'default', null, '2024-01-01 00:00', 0),
('11111111-0000-4000-8000-000000000003', 'Να μη λαμβάνουν', 'exempt', null, '2024-01-01 00:00', 0),
(
    '11111111-0000-4000-8000-000000000004', 'Ανταγωνιστές', 'exempt_domain', 'antagonistis.gr',
    '2024-04-01 00:00', 0
),
('11111111-0000-4000-8000-000000000005', 'Διευθύνσεις', 'exempt_address', null, '2024-01-01 00:00', 0);

insert into suitecrm.prospect_lists_prospects (
    id, prospect_list_id, related_id, related_type, date_modified, deleted
)
select
    list || '-' || module || '-' || contact as id,
    '11111111-0000-4000-8000-' || lpad(list::text, 12, '0') as list_id,
    'c0000000-0000-4000-8000-' || lpad(contact::text, 12, '0') as contact_id,
    module,
    '2024-04-01 00:00' as date_modified,
    0 as deleted
from (
    select
        list,
        contact,
        'Contacts' as module
    from generate_series(1, 2) as list cross join generate_series(1, 16) as contact
    union all
    values (3, 10, 'Contacts'), (5, 900, 'Leads'), (1, 900, 'Leads')
) as entry;
