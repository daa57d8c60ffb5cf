-- Contacts with every defect of a real CRM. The address of a contact is written from its key. So another
-- contact can hold the same address without a search. The column address_id names the contact that the
-- address is made from.
insert into crm.contact (
    contact_id, email, first_name, last_name, company, phone, mobile, address1, address2, city, zip,
    country, language, birth_date, is_active, erasure_requested_at, merged_into_id, updated_at
)
with person as materialized (
    select
        drawn.contact_id,
        drawn.fault,
        drawn.status,
        case
            -- Shared by mistake with a contact nearby.
            when drawn.fault between 40 and 79
                then greatest(1, drawn.contact_id - 1 - pg_temp.draw(drawn.contact_id, 3, 20))
            -- Shared across the spellings of an international domain: about four contacts together.
            when drawn.fault between 86 and 93 then drawn.contact_id - drawn.contact_id % 500
            else drawn.contact_id
        end as address_id,
        pg_temp.draw(drawn.contact_id, 4, 100) < 78 as is_greek,
        pg_temp.draw(drawn.contact_id, 5, 8) as city_lot
    from (
        select
            series.contact_id,
            pg_temp.draw(series.contact_id, 1, 1000) as fault,
            pg_temp.draw(series.contact_id, 2, 1000) as status
        from generate_series(1::bigint, current_setting('crm_sample.contacts')::bigint) as series (contact_id)
    ) as drawn
),

addressed as (
    select
        person.*,
        lower(address_first.latin || '.' || address_last.latin || '.' || person.address_id::text)
            as local_part,
        case
            when person.fault between 80 and 93
                then 'παράδειγμα.example.com'
            else
                (
                    array['example.com', 'example.org', 'example.net', 'mail.example.com', 'post.example.org']
                )[1 + pg_temp.draw(person.address_id, 8, 5)]
        end as domain_part
    from person
    inner join sample_name as address_first
        on address_first.kind = 'first' and address_first.lot = pg_temp.draw(person.address_id, 6, 32)
    inner join sample_name as address_last
        on address_last.kind = 'last' and address_last.lot = pg_temp.draw(person.address_id, 7, 32)
)

select
    addressed.contact_id,
    case
        when addressed.fault < 12 then null
        when addressed.fault < 16 then ''
        when addressed.fault < 20 then '   '
        when addressed.fault < 40
            then
                (array[
                    addressed.local_part,
                    addressed.local_part || '@@example.com',
                    addressed.local_part || '@',
                    '@example.com',
                    addressed.local_part || '@localhost',
                    addressed.local_part || '@mail.invalid',
                    replace(addressed.local_part, '.', ' ') || '@example.com',
                    addressed.local_part || '.@example.com',
                    'όνομα.' || addressed.contact_id::text || '@example.com',
                    addressed.local_part || '@example..com',
                    addressed.local_part || '@-example.com',
                    addressed.local_part || '@example.com, ' || addressed.local_part || '@example.org',
                    addressed.local_part || '@example.c0m'
                ])[1 + pg_temp.draw(addressed.contact_id, 9, 13)]
        when addressed.fault < 50 then upper(addressed.local_part || '@' || addressed.domain_part)
        when addressed.fault < 60 then '  ' || addressed.local_part || '@' || addressed.domain_part || ' '
        when addressed.fault < 70 then initcap(addressed.local_part) || '@' || initcap(addressed.domain_part)
        when addressed.fault < 80 then addressed.local_part || '@' || addressed.domain_part
        when addressed.fault < 86 then addressed.local_part || '@' || addressed.domain_part
        -- Written out, because upper() does not change Greek letters in some locales.
        when addressed.fault < 88 then addressed.local_part || '@ΠΑΡΆΔΕΙΓΜΑ.EXAMPLE.COM'
        -- The same letters without regard to accents.
        when addressed.fault < 90
            then addressed.local_part || '@' || normalize(addressed.domain_part, nfd) -- noqa: RF02
        when addressed.fault < 94 then addressed.local_part || '@xn--hxajbheg2az3al.example.com'
        when addressed.fault < 97
            then e'\t' || initcap(addressed.local_part) || '@' || addressed.domain_part || e'\n'
        else addressed.local_part || '@' || addressed.domain_part
    end as email,
    case
        when pg_temp.draw(addressed.contact_id, 12, 400) = 0 then repeat('Μαρία-Ελευθερία ', 24)
        when pg_temp.draw(addressed.contact_id, 12, 400) < 6 then null
        when addressed.is_greek then first_name.greek
        else first_name.latin
    end as first_name,
    case
        when pg_temp.draw(addressed.contact_id, 13, 400) < 4 then null
        when addressed.is_greek then last_name.greek
        else last_name.latin
    end as last_name,
    case
        when pg_temp.draw(addressed.contact_id, 14, 10) < 3
            then
                (array['Αφοί ', 'Εμπορική ', 'Τεχνική ', 'Γραφείο '])[
                    1 + pg_temp.draw(addressed.contact_id, 15, 4)
                ]
                || last_name.greek || ' '
                || (array['Α.Ε.', 'Ο.Ε.', 'Ι.Κ.Ε.'])[1 + pg_temp.draw(addressed.contact_id, 16, 3)]
    end as company,
    case
        when pg_temp.draw(addressed.contact_id, 17, 10) < 4
            then '210' || (7000000 + pg_temp.draw(addressed.contact_id, 18, 1000000))::text
    end as phone,
    case
        when pg_temp.draw(addressed.contact_id, 19, 10) < 7
            then '+30 69' || (10000000 + pg_temp.draw(addressed.contact_id, 20, 89999999))::text
    end as mobile,
    (array['Ερμού', 'Πατησίων', 'Τσιμισκή', 'Αγίου Ανδρέου', 'Λεωφ. Δημοκρατίας', 'Ομήρου'])[
        1 + pg_temp.draw(addressed.contact_id, 21, 6)
    ]
    || ' ' || (1 + pg_temp.draw(addressed.contact_id, 22, 150))::text as address1,
    case when pg_temp.draw(addressed.contact_id, 23, 8) = 0 then '2ος όροφος' end as address2,
    (array['Αθήνα', 'Αθήνα', 'Αθήνα', 'Θεσσαλονίκη', 'Πάτρα', 'Ηράκλειο', 'Ιωάννινα', 'Λευκωσία'])[
        1 + addressed.city_lot
    ] as city,
    (array['10552', '11741', '15125', '54624', '26221', '71201', '45221', '1010'])[
        1 + addressed.city_lot
    ] as zip,
    case when addressed.city_lot = 7 then 'CY' else 'GR' end as country,
    case
        when pg_temp.draw(addressed.contact_id, 24, 100) < 5 then null
        when addressed.is_greek then 'el'
        else 'en'
    end as language,
    case
        when pg_temp.draw(addressed.contact_id, 25, 10) < 6
            then date '1945-01-01' + pg_temp.draw(addressed.contact_id, 26, 22000)
    end as birth_date,
    addressed.status >= 30 as is_active,
    case
        when addressed.status between 25 and 34
            then
                timestamptz '2025-01-01 00:00+00'
                + pg_temp.draw(addressed.contact_id, 27, 25920000) * interval '1 s'
    end as erasure_requested_at,
    case
        when addressed.status between 35 and 44 and addressed.contact_id > 1
            then greatest(1, addressed.contact_id - 1 - pg_temp.draw(addressed.contact_id, 28, 20))
    end as merged_into_id,
    timestamptz '2024-01-01 00:00+00' + pg_temp.draw(addressed.contact_id, 29, 62208000) * interval '1 s'
        as updated_at
from addressed
inner join sample_name as first_name
    on first_name.kind = 'first' and first_name.lot = pg_temp.draw(addressed.contact_id, 6, 32)
inner join sample_name as last_name
    on last_name.kind = 'last' and last_name.lot = pg_temp.draw(addressed.contact_id, 7, 32)
