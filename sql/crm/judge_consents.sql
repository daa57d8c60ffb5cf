-- The deciding e-mail consent of each contact, by category: the only place that decides it.
--
-- A contact's own rows and the withdrawals of every contact merged into it are one history, also over
-- several merges. The newest row that is not in the future decides. At equal times
-- a withdrawal wins, then the newest row. The future of withdrawals may begin later than that of grants.
-- A merged contact's grant never counts. If all rows lie in the future, consent_id is null. Then
-- future_grant says whether one of the contact's own rows is a grant. Words are compared without
-- spaces at the ends and without regard to case. Any other word, or a null, may hide a withdrawal:
-- is_unreadable. Then unreadable_detail names the first such row and its column.
with recursive person as (
    select
        contact.contact_id as person_id,
        contact.contact_id
    from crm.contact as contact
    where contact.contact_id = any(%(contact_ids)s::bigint[])
    union
    select
        person.person_id,
        merged.contact_id
    from person
    inner join crm.contact as merged on person.contact_id = merged.merged_into_id
),

written as (
    select
        person.person_id,
        consent.consent_id,
        consent.granted,
        consent.effective_at,
        consent.expires_at,
        person.person_id = consent.contact_id as is_own,
        lower(btrim(consent.channel::text, %(spaces)s) collate "C") as channel,
        lower(btrim(consent.gdpr_category::text, %(spaces)s) collate "C") as gdpr_category
    from person
    inner join crm.consent as consent on person.contact_id = consent.contact_id
    -- A grant of a merged contact decides nothing, in whatever words.
    where person.person_id = consent.contact_id or consent.granted is not true
),

readable as (
    select
        written.*,
        case
            when coalesce(written.channel <> all(%(channels)s::text[]), true) then 'channel'
            when written.channel <> 'email' then null
            when coalesce(written.gdpr_category <> all(%(categories)s::text[]), true) then 'gdpr_category'
            when written.consent_id is null then 'consent_id'
            when
                mod(written.consent_id::numeric, 1) <> 0
                or abs(written.consent_id::numeric) >= 9223372036854775808
                then 'consent_id'
            when written.granted is null then 'granted'
            when written.effective_at is null then 'effective_at'
            -- Nobody plans a withdrawal for such a time: it is one with a wrong time.
            when not written.granted and written.effective_at >= '9000-01-01 00:00:00+00'
                then 'effective_at'
        end as unreadable_column
    from written
),

email_consent as (
    select
        readable.*,
        readable.effective_at <= case
            -- A grant that ended is as good as a withdrawal: an older grant must not count instead.
            when readable.granted and coalesce(readable.expires_at > %(refusals)s::timestamptz, true)
                then %(grants)s::timestamptz
            else %(refusals)s::timestamptz
        end as in_force,
        bool_or(
            readable.is_own
            and readable.granted
            and readable.effective_at > %(grants)s::timestamptz
        ) over (partition by readable.person_id, readable.gdpr_category) as future_grant
    from readable
    where readable.unreadable_column is null and readable.channel = 'email'
),

deciding as (
    select distinct on (email_consent.person_id, email_consent.gdpr_category) email_consent.*
    from email_consent
    order by
        email_consent.person_id asc, email_consent.gdpr_category asc, email_consent.in_force desc,
        email_consent.effective_at desc, email_consent.granted asc, email_consent.consent_id desc
),

unreadable as (
    select distinct on (readable.person_id)
        readable.person_id,
        -- Never the value: it may be anything.
        case
            when readable.unreadable_column = 'consent_id' then 'consent without an id, column consent_id'
            else format('consent %%s, column %%s', readable.consent_id, readable.unreadable_column)
        end as detail
    from readable
    where readable.unreadable_column is not null
    order by readable.person_id asc, readable.consent_id asc nulls last
),

category as (
    select
        deciding.person_id,
        deciding.gdpr_category
    from deciding
    union
    select
        unreadable.person_id,
        word.gdpr_category
    from unreadable
    cross join unnest(%(categories)s::text[]) as word (gdpr_category)
)

select
    %(staging_id)s::bigint as staging_id,
    category.person_id::bigint as contact_id,
    category.gdpr_category,
    case when deciding.in_force then deciding.consent_id::bigint end as consent_id,
    case when deciding.in_force then deciding.granted end as granted,
    case when deciding.in_force then deciding.effective_at end as effective_at,
    case when deciding.in_force then deciding.expires_at end as expires_at,
    coalesce(deciding.future_grant, false) as future_grant,
    unreadable.person_id is not null as is_unreadable,
    unreadable.detail as unreadable_detail
from category
left join deciding
    on category.person_id = deciding.person_id and category.gdpr_category = deciding.gdpr_category
left join unreadable on category.person_id = unreadable.person_id
