-- Views that show the shop's CRM as the contract wants it (docs/own_crm.md says why each line is so). Run it
-- as a login that owns schema shop, or that may read its tables and create schemas.

-- ---------------------------------------------------------------- what belongs to the mapping

create schema crm_map;

-- Which lists become collections. The shop's lists say neither a code nor a category.
create table crm_map.collection (
    collection_id integer primary key,
    listno integer unique, -- null: a dynamic collection
    code text not null unique,
    description text, -- null: the list's title
    staffno integer not null,
    campaign_type text,
    query_text text, -- of a dynamic collection
    check ((listno is null) <> (query_text is null))
);

-- A written day, perhaps with a time, or null if it fits none of the known forms. These are 17/3/2024,
-- 17.03.2024 and 2024-03-17, each also with 9:05 or 09:05:30 after it. The day always comes before the month.
-- A year of two digits, 31/02/2024 and words are null: nobody knows what they mean.
create function crm_map.read_moment(written text) returns timestamp
language plpgsql immutable strict parallel safe
as $$
declare
    part text[];
    first_day date;
begin
    part := regexp_match(
        btrim(written), '^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[ T]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?$'
    );
    if part is null then
        part := regexp_match(
            btrim(written), '^([0-9]{1,2})([/.])([0-9]{1,2})\2([0-9]{4})(?: ([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?$'
        );
        part := array[part[4], part[3], part[1], part[5], part[6], part[7]];
    end if;
    if part[1] is null or part[1]::int not between 1900 and 2099 or part[2]::int not between 1 and 12 then
        return null;
    end if;
    first_day := make_date(part[1]::int, part[2]::int, 1);
    if
        part[3]::int not between 1 and date_part('day', first_day + interval '1 month - 1 day')
        or coalesce(part[4]::int, 0) > 23
        or coalesce(part[5]::int, 0) > 59
        or coalesce(part[6]::int, 0) > 59
    then
        return null;
    end if;
    return make_timestamp(
        part[1]::int, part[2]::int, part[3]::int,
        coalesce(part[4]::int, 0), coalesce(part[5]::int, 0), coalesce(part[6]::int, 0)
    );
end
$$;

-- ---------------------------------------------------------------- the contract

create schema if not exists crm;

create view crm.resource as
select
    staffno as resource_id,
    full_name::text as name,
    mail as email
from shop.staff;

-- The customers, and after them their addresses. Each address is a contact of its own that was merged into
-- the customer. So a refusal of the customer counts at every address that the customer has or had. Each half
-- reads one table and has no condition: only then does Postgres look up single contacts by an index.
create view crm.contact as
select
    customer.custno as contact_id,
    -- Two main addresses, or one that bounced: nobody knows where to write, so there is no address.
    (
        select case when count(*) = 1 and max(mail.bounced) = 0 then min(mail.address) end
        from shop.customer_mail as mail
        where mail.custno = customer.custno and mail.is_main = 1 and mail.deleted = 0
    ) as email,
    nullif(btrim(customer.forename), '') as first_name,
    nullif(btrim(customer.surname), '') as last_name,
    nullif(btrim(customer.firm), '') as company,
    customer.tel::text as phone,
    customer.mobile::text as mobile,
    nullif(btrim(customer.street), '') as address1,
    null::text as address2,
    nullif(btrim(customer.town), '') as city,
    nullif(btrim(customer.postcode), '') as zip,
    case upper(btrim(customer.country_name))
        when 'ΕΛΛΑΔΑ' then 'GR' when 'ΕΛΛΆΔΑ' then 'GR' when 'ΚΥΠΡΟΣ' then 'CY' when 'ΚΎΠΡΟΣ' then 'CY'
    end as country,
    case customer.lang when 'GR' then 'el' when 'EN' then 'en' end as language,
    crm_map.read_moment(customer.born)::date as birth_date,
    -- Null holds the contact back. It says that a request to be forgotten has no day that can be read. Or
    -- a number is neither 0 nor 1.
    case
        when
            btrim(customer.forget_on) not in ('', '0000-00-00')
            and crm_map.read_moment(customer.forget_on) is null
            then null
        when customer.blocked = 0 and customer.deleted = 0 then true
        when customer.blocked in (0, 1) and customer.deleted in (0, 1) then false
    end as is_active,
    crm_map.read_moment(customer.forget_on) at time zone 'Europe/Athens' as erasure_requested_at,
    nullif(customer.same_as, 0) as merged_into_id,
    coalesce(customer.changed, '2000-01-01') at time zone 'Europe/Athens' as updated_at
from shop.customer as customer
union all
select
    -mail.mailno as contact_id, -- no customer has a negative number
    mail.address as email,
    null as first_name,
    null as last_name,
    null as company,
    null as phone,
    null as mobile,
    null as address1,
    null as address2,
    null as city,
    null as zip,
    null as country,
    null as language,
    null as birth_date,
    false as is_active,
    (
        select crm_map.read_moment(owner.forget_on)
        from shop.customer as owner
        where owner.custno = mail.custno
    ) at time zone 'Europe/Athens' as erasure_requested_at,
    mail.custno as merged_into_id,
    '2000-01-01 00:00:00+00' as updated_at
from shop.customer_mail as mail;

create view crm.contact_field as
select
    field.code,
    field.label,
    field.data_type,
    null::text[] as choices
from (
    values ('points', 'Πόντοι', 'number'), ('first_order', 'Πρώτη παραγγελία', 'date')
) as field (code, label, data_type);

create view crm.contact_field_value as
select
    customer.custno as contact_id,
    field.code as field_code,
    case
        -- What cannot be read goes on as it is: the field is reported and left out.
        when field.code = 'first_order'
            then coalesce(to_char(crm_map.read_moment(field.value), 'YYYY-MM-DD'), field.value)
        else field.value
    end as value
from shop.customer as customer
cross join
    lateral (
        values ('points', customer.points::text), ('first_order', customer.first_order)
    ) as field (code, value)
where btrim(field.value) <> '';

-- One answer a category. A yes counts from the beginning of its day, so a no of the same day beats it. A yes
-- without a day that can be read has no effective_at, and its contact is held back. A no counts at the latest
-- from the last change of the row. Another number than 0 and 1 is neither yes nor no: also held back. Texts
-- are read in the list of columns, not below it. So Postgres reads only those of the rows that it needs.
create view crm.consent as
select
    customer.custno::bigint * 2 + answer.place as consent_id,
    customer.custno as contact_id,
    'email'::text as channel,
    answer.gdpr_category,
    case answer.flag when 1 then true when 0 then false end as granted,
    case
        -- No end means for ever. So an end that nobody can read must not become no end.
        when answer.flag = 1 and btrim(answer.until) <> '' and crm_map.read_moment(answer.until) is null
            then null
        when answer.flag = 1 then date_trunc('day', crm_map.read_moment(answer.said))
        else least(crm_map.read_moment(answer.said), customer.changed)
    end at time zone 'Europe/Athens' as effective_at,
    date_trunc('day', crm_map.read_moment(answer.until)) at time zone 'Europe/Athens' as expires_at,
    'shop'::text as source,
    coalesce(customer.changed, '2000-01-01') at time zone 'Europe/Athens' as recorded_at
from shop.customer as customer
cross join
    lateral (
        values
        (0, 'newsletter', customer.ok_news, customer.ok_news_on, null),
        (1, 'offer', customer.ok_offers, customer.ok_offers_on, customer.ok_offers_until)
    ) as answer (place, gdpr_category, flag, said, until)
where answer.flag is not null;

-- A list that is gone from the shop has no description: the collection is blocked, and its people stay.
create view crm.contact_collection as
select
    chosen.collection_id,
    chosen.code,
    coalesce(chosen.description, list.title) as description,
    chosen.staffno as owner_id,
    null::text as comments,
    true as is_shared,
    chosen.listno is not null as is_static,
    chosen.query_text,
    'mailchimp'::text as external_provider,
    chosen.campaign_type,
    true as use_provider_defaults,
    true as sync_merge_fields,
    null::text as company,
    null::text as address1,
    null::text as address2,
    null::text as city,
    null::text as state,
    null::text as zip,
    null::text as country,
    null::text as phone,
    null::text as from_name,
    null::text as from_email,
    null::text as subject,
    null::text as language,
    null::text as permission_reminder,
    null::boolean as email_type_option,
    null::text as provider_list_id,
    case when chosen.listno is null or list.closed = 0 then true when list.closed = 1 then false end
        as is_active,
    timestamptz '2000-01-01 00:00:00+00' as updated_at
from crm_map.collection as chosen
left join shop.mailing_list as list on chosen.listno = list.listno;

create view crm.collection_member as
select
    chosen.collection_id,
    member.custno as contact_id,
    coalesce(crm_map.read_moment(member.added_on), '2000-01-01') at time zone 'Europe/Athens' as added_at
from crm_map.collection as chosen
inner join shop.mailing_list_customer as member on chosen.listno = member.listno
where member.removed = 0;
