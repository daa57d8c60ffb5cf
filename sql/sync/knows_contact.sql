-- Whether anything is stored about a contact, suppression aside.
select
    exists (select from staging.contact where contact_id = %(contact_id)s)
    or exists (select from staging.refusal where contact_id = %(contact_id)s)
    or exists (select from staging.merged where %(contact_id)s in (contact_id, merged_id))
    or exists (select from sync.member where contact_id = %(contact_id)s)
    or exists (select from sync.consent_proof where contact_id = %(contact_id)s)
    or exists (select from sync.quarantine where contact_id = %(contact_id)s)
    or exists (select from sync.rejection where contact_id = %(contact_id)s)
    or exists (select from sync.refusal_contact where %(contact_id)s in (contact_id, merged_from))
    or exists (select from sync.address_holder where contact_id = %(contact_id)s)
    or exists (select from sync.changed_address where contact_id = %(contact_id)s)
    or exists (select from sync.removal_request_member where contact_id = %(contact_id)s)
