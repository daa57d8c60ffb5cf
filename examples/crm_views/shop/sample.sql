-- Customers for trying the views, good ones and bad ones. The comment of a row says what becomes of it in the
-- collection NEWS, and in OFFERS if that differs.
insert into shop.staff (staffno, full_name, mail) values
(1, 'Αλεξάνδρα Νικολάου', 'alexandra@elaiones.gr'),
(2, 'Σταύρος Γεωργίου', null);

insert into shop.customer (
    custno, forename, surname, town, street, postcode, country_name, lang, born, points, first_order,
    blocked,
    deleted,
    forget_on,
    same_as,
    ok_news,
    ok_news_on,
    ok_offers,
    ok_offers_on,
    ok_offers_until,
    changed
) values
-- 1 eligible in both
(
    1, 'Μαρία', 'Παπαδοπούλου', 'Αθήνα', 'Σόλωνος 12', '10680', 'Ελλάδα', 'GR', '29/02/1984', 120, '3.5.2019',
    0, 0, null, 0, 1, '17/3/2024', 1, '17/3/2024 09:30', '31/12/2090', '2024-03-17 09:31'
),
-- 2 eligible; never asked for offers: no_consent
(
    2, 'Γιώργος', 'Ιωάννου', 'Πάτρα', null, null, 'ΕΛΛΑΔΑ', 'GR', '1970-13-01', 0, 'άγνωστο',
    0, 0, '', 0, 1, '2023-11-05', null, null, null, '2023-11-05 12:00'
),
-- 3 eligible in NEWS; the yes for offers ended: consent_expired
(
    3, 'Ελένη', 'Δημητρίου', 'Αθήνα', null, null, 'Ελλάδα', 'GR', null, null, null,
    0, 0, '0000-00-00', 0, 1, '05.01.2022', 1, '05.01.2022', '05.01.2023', '2022-01-05 10:00'
),
-- 4 said no: consent_withdrawn; unasked for offers
(
    4, 'Νίκος', 'Αντωνίου', 'Βόλος', null, null, 'Ελλάδα', 'GR', null, null, null,
    0, 0, null, 0, 0, '1/2/2024', null, null, null, '2024-02-01 08:00'
),
-- 5 a yes with a year of two digits: unreadable_consent
(
    5, 'Κατερίνα', 'Βασιλείου', 'Αθήνα', null, null, 'Ελλάδα', 'GR', null, null, null,
    0, 0, null, 0, 1, '17/3/24', 1, '17/3/2024', null, '2024-03-17 09:31'
),
-- 6 a yes without a day: unreadable_consent
(
    6, 'Πέτρος', 'Χριστοδούλου', 'Λάρισα', null, null, 'Ελλάδα', 'GR', null, null, null,
    0, 0, null, 0, 1, null, 1, '2/2/2022', null, '2022-02-02 09:31'
),
-- 7 an end that cannot be read: unreadable_consent
(
    7, 'Ιωάννα', 'Καραγιάννη', 'Αθήνα', null, null, 'Ελλάδα', 'GR', null, null, null,
    0, 0, null, 0, 1, '2/2/2022', 1, '2/2/2022', '31/02/2090', '2022-02-02 09:31'
),
-- 8 neither yes nor no: unreadable_consent
(
    8, 'Βασίλης', 'Μακρής', 'Αθήνα', null, null, 'Ελλάδα', 'GR', null, null, null,
    0, 0, null, 0, 9, '2/2/2022', null, null, null, '2022-02-02 09:31'
),
-- 9 two main addresses: missing_email
(
    9, 'Σοφία', 'Αλεξίου', 'Αθήνα', null, null, 'Ελλάδα', 'GR', null, null, null,
    0, 0, null, 0, 1, '2/2/2022', 1, '2/2/2022', null, '2022-02-02 09:31'
),
-- 10 the main address bounced: missing_email
(
    10, 'Θανάσης', 'Οικονόμου', 'Αθήνα', null, null, 'Ελλάδα', 'GR', null, null, null,
    0, 0, null, 0, 1, '2/2/2022', 1, '2/2/2022', null, '2022-02-02 09:31'
),
-- 11 deleted in the program: inactive_contact
(
    11, 'Δέσποινα', 'Λαμπρου', 'Αθήνα', null, null, 'Ελλάδα', 'GR', null, null, null,
    0, 1, null, 0, 1, '2/2/2022', 1, '2/2/2022', null, '2022-02-02 09:31'
),
-- 12 asked to be forgotten: erased_contact
(
    12, 'Ανδρέας', 'Ρήγας', 'Αθήνα', null, null, 'Ελλάδα', 'GR', null, null, null,
    0, 0, '4/4/2024', 0, 1, '2/2/2022', 1, '2/2/2022', null, '2024-04-04 09:31'
),
-- 13 asked to be forgotten on a day that cannot be read: unreadable_row
(
    13, 'Φωτεινή', 'Σιδέρη', 'Αθήνα', null, null, 'Ελλάδα', 'GR', null, null, null,
    0, 0, 'τηλεφώνησε', 0, 1, '2/2/2022', 1, '2/2/2022', null, '2024-04-04 09:31'
),
-- 14 yes and, by the duplicate 15, no on one day: consent_withdrawn, though the yes has a later hour
(
    14, 'Χάρης', 'Παππάς', 'Αθήνα', null, null, 'Ελλάδα', 'GR', null, null, null,
    0, 0, null, 0, 1, '6/6/2023 18:00', 1, '6/6/2023 18:00', null, '2023-06-06 18:00'
),
-- 15 duplicate of 14: inactive_contact
(
    15, 'Χ.', 'Παππάς', 'Αθήνα', null, null, 'Ελλάδα', 'GR', null, null, null,
    0, 0, null, 14, 0, '6/6/2023', 0, '6/6/2022', null, '2023-06-06 09:00'
),
-- 16 has an old address of 4, who said no to news: shared_address_refused; eligible in OFFERS
(
    16, 'Λίνα', 'Αντωνίου', 'Βόλος', null, null, 'Ελλάδα', 'GR', null, null, null,
    0, 0, null, 0, 1, '2/2/2024', 1, '2/2/2024', null, '2024-02-02 09:31'
),
-- 17 shares its address with 1, who has the lower number: duplicate_email
(
    17, 'Στέλιος', 'Παπαδόπουλος', 'Αθήνα', null, null, 'Ελλάδα', 'GR', null, null, null,
    0, 0, null, 0, 1, '2/2/2024', 1, '2/2/2024', null, '2024-02-02 09:31'
),
-- 18 said no, nobody knows when: consent_withdrawn; eligible in OFFERS
(
    18, 'Μαρίνα', 'Τσιρώνη', 'Αθήνα', null, null, 'Ελλάδα', 'GR', null, null, null,
    0, 0, null, 0, 0, null, 1, '2/2/2024', null, '2024-02-02 09:31'
),
-- 19 left the list NEWS; eligible in OFFERS
(
    19, 'Παύλος', 'Κυριάκου', 'Λευκωσία', null, null, 'Κύπρος', 'EN', null, null, null,
    0, 0, null, 0, 1, '2/2/2024', 1, '2/2/2024', null, '2024-02-02 09:31'
),
-- 20 nobody knows whether the customer is blocked: unreadable_row
(
    20, 'Άννα', 'Φίλιππου', 'Αθήνα', null, null, 'Ελλάδα', 'GR', null, null, null,
    null, 0, null, 0, 1, '2/2/2024', 1, '2/2/2024', null, '2024-02-02 09:31'
),
-- 21 not an address: invalid_email
(
    21, 'Ζήσης', 'Ζαχαρίας', 'Αθήνα', null, null, 'Ελλάδα', 'GR', null, null, null,
    0, 0, null, 0, 1, '2/2/2024', 1, '2/2/2024', null, '2024-02-02 09:31'
),
-- 22 will say yes in 2090: consent_not_yet_effective
(
    22, 'Ηρώ', 'Γκίκα', 'Αθήνα', null, null, 'Ελλάδα', 'GR', null, null, null,
    0, 0, null, 0, 1, '2/2/2090', 1, '2/2/2090', null, '2024-02-02 09:31'
);

insert into shop.customer_mail (mailno, custno, address, is_main, bounced, deleted)
select
    custno as mailno,
    custno,
    'pelatis' || custno || '@example.gr' as address,
    1 as is_main,
    case custno when 10 then 1 else 0 end as bounced,
    0 as deleted
from shop.customer
where custno not in (16, 17, 21);

insert into shop.customer_mail (mailno, custno, address, is_main, bounced, deleted) values
(101, 1, 'maria@palia.gr', 0, 0, 0),
(102, 9, 'sofia@spiti.gr', 1, 0, 0),
(103, 4, 'oikogeneia@example.gr', 0, 0, 1),
(104, 16, 'Oikogeneia@Example.gr', 1, 0, 0),
(105, 17, ' PELATIS1@example.gr', 1, 0, 0),
(106, 21, 'zisis-at-example.gr', 1, 0, 0);

insert into shop.mailing_list (listno, title, staffno, closed) values
(10, 'Ενημερωτικό δελτίο', 1, 0),
(20, 'Προσφορές', 2, 0),
(30, 'Μόνο για το γραφείο', 2, 0);

insert into shop.mailing_list_customer (listno, custno, added_on, removed)
select
    list.listno,
    customer.custno,
    '1/1/2022' as added_on,
    case when list.listno = 10 and customer.custno = 19 then 1 else 0 end as removed
from shop.customer as customer
cross join (values (10), (20)) as list (listno);
