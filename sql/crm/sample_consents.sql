-- Histories of consents. A contact gets one pattern for each category. The deciding row is the same at any
-- time between 2026 and 2089. Past times lie before 2026, future times after 2089.
insert into crm.consent (
    consent_id, contact_id, channel, gdpr_category, granted, effective_at, expires_at, source, recorded_at
)
with pattern (first_lot, last_lot, step, granted, age_days, expires) as (
    values
    -- 0 to 79: none at all
    (80, 619, 1, true, 0, null),                    -- granted
    (620, 719, 1, true, 0, null),                   -- granted, then withdrawn
    (620, 719, 2, false, 200, null),
    (720, 779, 1, true, 0, null),                   -- granted, withdrawn, granted again
    (720, 779, 2, false, 100, null),
    (720, 779, 3, true, 300, null),
    (780, 839, 1, true, 0, 'past'),                 -- expired
    (840, 889, 1, true, 0, 'future'),               -- will expire
    (890, 919, 1, true, null, null),                -- granted from a day in the future on
    (920, 929, 1, false, null, null),               -- withdrawn from a day in the future on
    (930, 949, 1, true, 0, null),                   -- granted, withdrawn from a day in the future on
    (930, 949, 2, false, null, null),
    (950, 959, 1, false, 0, null),                  -- granted and withdrawn in the same moment
    (950, 959, 2, true, 0, null),
    (960, 969, 1, true, 0, null),                   -- granted twice in the same moment, the newer expired
    (960, 969, 2, true, 0, 'past'),
    (970, 979, 1, true, 0, 'past'),                 -- expired, then granted again
    (970, 979, 2, true, 400, null),
    (980, 989, 1, false, 0, 'past'),                -- a withdrawal never expires
    (990, 999, 1, false, 0, null)                   -- withdrawn without ever having been granted
),

drawn as materialized (
    select
        contact.contact_id,
        category.number as category_number,
        category.gdpr_category,
        pg_temp.draw(contact.contact_id, 40 + category.number, 1000) as lot,
        -- In the years 2018 to 2023, at any second.
        timestamptz '2018-05-25 00:00+00'
        + pg_temp.draw(contact.contact_id, 50 + category.number, 160000000) * interval '1 s' as begins_at
    from crm.contact as contact
    cross join (values (0, 'newsletter'), (1, 'offer')) as category (number, gdpr_category)
)

select
    drawn.contact_id * 16 + drawn.category_number * 4 + pattern.step as consent_id,
    drawn.contact_id,
    'email' as channel,
    drawn.gdpr_category,
    pattern.granted,
    coalesce(
        drawn.begins_at + pattern.age_days * interval '1 day',
        drawn.begins_at + interval '80 years'
    ) as effective_at,
    case pattern.expires
        when 'past' then drawn.begins_at + interval '180 days'
        when 'future' then drawn.begins_at + interval '80 years'
    end as expires_at,
    (array['φόρμα ιστοσελίδας', 'κατάστημα', 'τηλέφωνο'])[
        1 + pg_temp.draw(drawn.contact_id, 60 + pattern.step, 3)
    ] as source,
    drawn.begins_at + coalesce(pattern.age_days, 0) * interval '1 day' as recorded_at
from drawn
inner join pattern on drawn.lot between pattern.first_lot and pattern.last_lot
union all
-- Other channels decide nothing about e-mail.
select
    contact.contact_id * 16 + 9 as consent_id,
    contact.contact_id,
    (array['sms', 'phone', 'post'])[1 + pg_temp.draw(contact.contact_id, 71, 3)] as channel,
    (array['newsletter', 'offer'])[1 + pg_temp.draw(contact.contact_id, 72, 2)] as gdpr_category,
    pg_temp.draw(contact.contact_id, 73, 2) = 0 as granted,
    timestamptz '2024-06-01 00:00+00' as effective_at,
    null as expires_at,
    'κατάστημα' as source,
    timestamptz '2024-06-01 00:00+00' as recorded_at
from crm.contact as contact
where pg_temp.draw(contact.contact_id, 70, 10) = 0
