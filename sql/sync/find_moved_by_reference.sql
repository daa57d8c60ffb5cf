-- Observed members at an unknown address that CRMREF links to one of our contacts. We know that contact's
-- member at another address, and do not know Mailchimp's contact_id of it yet.
select
    member.list_id,
    member.subscriber_hash as old_hash,
    observed.remote_contact_id
from observed_member as observed
inner join sync.member as member
    on
        observed.list_id = member.list_id
        and observed.contact_id = member.contact_id
        and observed.subscriber_hash <> member.subscriber_hash
where
    observed.origin in ('created', 'adopted')
    and observed.remote_contact_id is not null
    and member.remote_contact_id is null
    and sync.may_be_mailed(member.status)
    and member.cause is distinct from 'forgotten'
    and not exists (
        select from sync.member as known
        where
            known.list_id = observed.list_id
            and (
                known.subscriber_hash = observed.subscriber_hash
                or known.remote_contact_id = observed.remote_contact_id
            )
    )
    and not exists (
        select from observed_member as still
        where still.list_id = member.list_id and still.subscriber_hash = member.subscriber_hash
    )
