-- Subscribed members in Mailchimp's answers that show nothing new. Of them record_observed.sql would store
-- only last_changed and complaint_checked, and record_changed.sql stores both. Each is looked up by its key,
-- as in next_planned_contacts.sql.
select member.subscriber_hash
from
    unnest(
        %(subscriber_hashes)s::text[],
        %(address_hashes)s::text[],
        %(unsubscribed_by)s::text[],
        %(origins)s::text[],
        %(remote_contact_ids)s::text[]
    ) as answer (subscriber_hash, address_hash, unsubscribed_by, origin, remote_contact_id)
cross join
    lateral ( -- noqa: ST05
        select
            known.subscriber_hash,
            known.remote_contact_id,
            known.origin
        from sync.member as known
        where
            known.list_id = %(list_id)s
            and known.subscriber_hash = answer.subscriber_hash
            and known.status = 'subscribed'
            and known.cause is null
            and not known.opted_out
            and known.unsubscribed_by is null
        offset 0
    ) as member
where
    -- Else it is another contact's member, or has an alias.
    answer.address_hash = answer.subscriber_hash
    and answer.remote_contact_id = member.remote_contact_id
    and answer.unsubscribed_by is null
    and (member.origin <> 'foreign' or answer.origin = 'adopted')
    -- Another member with this contact of Mailchimp has changed its address.
    and not exists (
        select from sync.member as other
        where
            other.list_id = %(list_id)s
            and other.remote_contact_id = answer.remote_contact_id
            and other.subscriber_hash <> answer.subscriber_hash
    )
