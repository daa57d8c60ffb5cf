-- Additional fields of every type, and their values: about two for each contact, and one in eighty wrong.
with field (position, code, label, data_type, wrong_value, choices) as (
    values
    (0, 'loyalty_points', 'Πόντοι επιβράβευσης', 'number', 'δώδεκα', null),
    (1, 'customer_since', 'Πελάτης από', 'date', '31/02/2024', null),
    (2, 'wedding_day', 'Ημερομηνία γάμου', 'date', '2023-02-29', null),
    (3, 'wants_catalogue', 'Θέλει έντυπο κατάλογο', 'boolean', 'ίσως', null),
    (4, 'website', 'Ιστοσελίδα', 'url', 'www.example.com', null),
    (5, 'second_phone', 'Δεύτερο τηλέφωνο', 'phone', 'δεν έχει', null),
    (6, 'shop', 'Κατάστημα', 'choice', 'Ρόδος', array['Αθήνα', 'Θεσσαλονίκη', 'Πάτρα', 'Ηράκλειο']),
    (7, 'interests', 'Ενδιαφέροντα', 'text', repeat('κηπουρική και μαγειρική, ', 30), null),
    -- In Latin letters and cut to ten, its name equals that of the wedding day.
    (8, 'name_day', 'Ημερομηνία γιορτής', 'text', repeat('Άγιος ', 60), null)
),

created as (
    insert into crm.contact_field (code, label, data_type, choices)
    select
        field.code,
        field.label,
        field.data_type,
        field.choices
    from field
)

insert into crm.contact_field_value (contact_id, field_code, value)
select
    contact.contact_id,
    field.code as field_code,
    case
        when pg_temp.draw(contact.contact_id, 120 + field.position, 80) = 0
            then field.wrong_value
        when pg_temp.draw(contact.contact_id, 120 + field.position, 80) = 1 then ''
        when field.position = 0 then pg_temp.draw(contact.contact_id, 140, 5000)::text || '.5'
        when field.position = 1
            then (date '2005-01-01' + pg_temp.draw(contact.contact_id, 141, 7000))::text
        when field.position = 2
            then (date '1980-02-29' + pg_temp.draw(contact.contact_id, 142, 14000))::text
        when field.position = 3
            then
                (array['true', 'false', '1', '0', 'ναι', 'όχι', 'yes', 'no', 'ΝΑΙ'])[
                    1 + pg_temp.draw(contact.contact_id, 143, 9)
                ]
        when field.position = 4 then 'https://www.example.com/πελάτης/' || contact.contact_id::text
        when field.position = 5
            then '+30 2310 ' || (200000 + pg_temp.draw(contact.contact_id, 144, 99999))::text
        when field.position = 6
            then
                (array['Αθήνα', 'Θεσσαλονίκη', 'Πάτρα', 'Ηράκλειο'])[
                    1 + pg_temp.draw(contact.contact_id, 145, 4)
                ]
        when field.position = 7
            then
                (array['βιβλία', 'μουσική & χορός', 'κήπος', '«ταξίδια»'])[
                    1 + pg_temp.draw(contact.contact_id, 146, 4)
                ]
        else
            (array['23 Απριλίου', '15 Αυγούστου', '26 Οκτωβρίου'])[
                1 + pg_temp.draw(contact.contact_id, 147, 3)
            ]
    end as value
from crm.contact as contact
inner join field on pg_temp.draw(contact.contact_id, 100 + field.position, 9) < 2
