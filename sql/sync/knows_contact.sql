-- Whether anything is stored about a contact, suppression aside.
with known as not materialized (
    select contact_id from staging.contact
    union all
    select contact_id from staging.refusal
    union all
    select contact_id from staging.merged
    union all
    select merged_id from staging.merged
    union all
    select contact_id from sync.member
    union all
    select contact_id from sync.consent_proof
    union all
    select contact_id from sync.tag_member
    union all
    select contact_id from sync.quarantine
    union all
    select contact_id from sync.rejection
    union all
    select contact_id from sync.refusal_contact
    union all
    select merged_from from sync.refusal_contact
    union all
    select contact_id from sync.address_holder
    union all
    select contact_id from sync.changed_address
    union all
    select contact_id from sync.removal_request_member
)

select exists(
    select from known
    where known.contact_id = %(contact_id)s
) as is_known
