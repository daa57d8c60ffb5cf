-- Removes the rows of erased persons from every staging. If another contact shared the address, only the
-- address goes from that contact's rows. Traces of a backup are not searched by hash, because the address
-- may be in use again. Returns the number of removed rows, and the stagings that have fewer rows now.
with membership as (
    delete from staging.membership as membership
    where membership.contact_id in (select erased.contact_id from erased_contact as erased)
    returning membership.staging_id
),

contact as (
    delete from staging.contact as contact
    where contact.contact_id in (select erased.contact_id from erased_contact as erased)
    returning contact.staging_id
),

consent as (
    delete from staging.consent as consent
    where consent.contact_id in (select erased.contact_id from erased_contact as erased)
    returning consent.staging_id
),

refusal as (
    delete from staging.refusal as refusal
    where
        refusal.contact_id in (select erased.contact_id from erased_contact as erased)
        or refusal.address_key in (select erased.address from erased_address as erased)
    returning refusal.staging_id
),

merged as (
    delete from staging.merged as merged
    where
        merged.contact_id in (select erased.contact_id from erased_contact as erased)
        or merged.merged_id in (select erased.contact_id from erased_contact as erased)
    returning merged.staging_id
),

verdict as (
    delete from staging.verdict as verdict
    where verdict.contact_id in (select erased.contact_id from erased_contact as erased)
    returning verdict.staging_id
),

plan as (
    delete from staging.plan as plan
    where
        plan.contact_id in (select erased.contact_id from erased_contact as erased)
        or plan.subscriber_hash in (
            select erased.subscriber_hash from erased_hash as erased
            where erased.belongs_until = 'infinity'
        )
        or plan.address_key in (select erased.address from erased_address as erased)
    returning plan.staging_id
),

sharing_contact as (
    update staging.contact as contact
    set
        address_key = null, address_problem = 'missing_email', address_written = null,
        address_digest = null, refusal_digest = null
    where
        coalesce(contact.address_key, contact.address_written) in (
            select erased.address from erased_address as erased
        )
        and contact.contact_id not in (select erased.contact_id from erased_contact as erased)
    returning 1
),

sharing_verdict as (
    update staging.verdict as verdict
    set
        address_key = null,
        subscriber_hash = null,
        reason_code = coalesce(verdict.reason_code, 'shared_address_refused')
    where
        verdict.subscriber_hash in (
            select erased.subscriber_hash from erased_hash as erased
            where erased.belongs_until = 'infinity'
        )
        and verdict.contact_id not in (select erased.contact_id from erased_contact as erased)
    returning 1
)

select
    jsonb_build_object(
        'staging',
        (select count(*) from membership) + (select count(*) from contact) + (select count(*) from consent)
        + (select count(*) from refusal) + (select count(*) from merged) + (select count(*) from verdict)
        + (select count(*) from plan)
        + (select count(*) from sharing_contact) + (select count(*) from sharing_verdict)
    ) as rows_removed,
    array(
        select staging_id from membership
        union
        select staging_id from contact
        union
        select staging_id from consent
        union
        select staging_id from refusal
        union
        select staging_id from merged
        union
        select staging_id from verdict
    ) as staging_ids
