-- A dynamic query may yield ids that the CRM does not have.
delete from staging.membership as member
where
    member.staging_id = %(staging_id)s
    and not exists (
        select from staging.contact as contact
        where contact.staging_id = member.staging_id and contact.contact_id = member.contact_id
    )
