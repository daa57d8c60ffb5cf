-- A page of the contacts to add, to update or to ask for confirmation, with what the push needs.
-- Members whose state changed after planning are left out: archived by hand, unsubscribed, or signed up by
-- themselves.
select
    plan.action,
    plan.cause,
    plan.subscriber_hash,
    plan.contact_id,
    contact.address_key,
    contact.first_name,
    contact.last_name,
    lower(contact.language) as language,
    contact.field_values,
    verdict.content_hash,
    verdict.consent_id,
    -- An older time is one that nobody entered as the time of a consent.
    case when consent.effective_at >= '1970-01-01 00:00:00+00' then consent.effective_at end as consented_at,
    member.origin,
    -- In Mailchimp the person chose another address than the CRM has. We know only the id of that address.
    exists(
        select from sync.changed_address as changed
        where
            changed.list_id = %(list_id)s
            and changed.contact_id = plan.contact_id
            and changed.new_hash = plan.subscriber_hash
            and changed.ended_at is null
    ) as has_changed_address
from staging.plan as plan
left join staging.verdict as verdict
    on
        plan.staging_id = verdict.staging_id
        and plan.collection_id = verdict.collection_id
        and plan.contact_id = verdict.contact_id
        and plan.subscriber_hash = verdict.subscriber_hash
left join staging.contact as contact
    on verdict.staging_id = contact.staging_id and verdict.contact_id = contact.contact_id
left join staging.consent as consent
    on
        verdict.staging_id = consent.staging_id
        and verdict.contact_id = consent.contact_id
        and consent.gdpr_category = %(gdpr_category)s
left join sync.member as member
    on member.list_id = %(list_id)s and plan.subscriber_hash = member.subscriber_hash
where
    plan.staging_id = %(staging_id)s
    and plan.collection_id = %(collection_id)s
    and plan.action = any(%(actions)s::text[])
    and plan.subscriber_hash > %(after)s
    and case
        when plan.action = 'add' then member.subscriber_hash is null
        when plan.action = 'revive' then member.status = 'archived' and member.cause = 'our_archive'
        when plan.action = 'add_pending'
            then
                member.subscriber_hash is null
                or (member.status = 'archived' and member.cause = 'our_archive')
        when plan.action = 'reconfirm'
            then
                member.status = 'subscribed'
                or (member.status = 'unsubscribed' and member.cause in ('our_unsubscribe', 'cleaned'))
        else member.status = 'subscribed'
    end
order by plan.subscriber_hash
limit %(page)s
