-- A page of the contacts to add, to update or to ask for confirmation, with what the push needs.
-- Members whose state changed after planning are left out: archived by hand, unsubscribed, or signed up by
-- themselves. Every row is looked up by its key: a planner without statistics would read whole tables. An
-- offset of nothing keeps it from joining them otherwise.
select
    planned.action,
    planned.cause,
    planned.subscriber_hash,
    planned.contact_id,
    contact.address_key,
    contact.first_name,
    contact.last_name,
    lower(contact.language) as language,
    contact.field_values,
    verdict.content_hash,
    verdict.consent_id,
    -- An older time is one that nobody entered as the time of a consent.
    case when consent.effective_at >= '1970-01-01 00:00:00+00' then consent.effective_at end as consented_at,
    planned.origin,
    (
        select mapped.permission_id from sync.gdpr_audience as mapped
        where
            mapped.list_id = %(list_id)s
            and mapped.is_on
            and verdict.consent_id is not null
            and mapped.permission_id <> all(coalesce(planned.given_permissions, '{}'))
            and not exists (
                select from withheld_permission as withheld
                where
                    withheld.collection_id = %(collection_id)s
                    and withheld.subscriber_hash = planned.subscriber_hash
            )
    ) as permission_to_give,
    -- In Mailchimp the person chose another address than the CRM has. We know only the id of that address.
    exists(
        select from sync.changed_address as changed
        where
            changed.list_id = %(list_id)s
            and changed.contact_id = planned.contact_id
            and changed.new_hash = planned.subscriber_hash
            and changed.ended_at is null
    ) as has_changed_address
from (
    select of_action.*
    from unnest(%(actions)s::text[]) as wanted (action)
    cross join
        lateral (
            select
                plan.action,
                plan.cause,
                plan.subscriber_hash,
                plan.contact_id,
                member.origin,
                member.given_permissions
            from staging.plan as plan
            left join lateral (
                select
                    known.subscriber_hash,
                    known.origin,
                    known.given_permissions,
                    known.status,
                    known.cause
                from sync.member as known
                where known.list_id = %(list_id)s and known.subscriber_hash = plan.subscriber_hash
                offset 0
            ) as member on true
            where
                plan.staging_id = %(staging_id)s
                and plan.collection_id = %(collection_id)s
                and plan.action = wanted.action
                and plan.subscriber_hash > %(after)s
                and case
                    when plan.action = 'add' then member.subscriber_hash is null
                    when
                        plan.action = 'revive'
                        then member.status = 'archived' and member.cause = 'our_archive'
                    when plan.action = 'add_pending'
                        then
                            member.subscriber_hash is null
                            or (member.status = 'archived' and member.cause = 'our_archive')
                    when plan.action = 'reconfirm'
                        then
                            member.status = 'subscribed'
                            or (
                                member.status = 'unsubscribed'
                                and member.cause in ('our_unsubscribe', 'cleaned')
                            )
                    else member.status = 'subscribed'
                end
            order by plan.subscriber_hash
            limit %(page)s
        ) as of_action
    order by of_action.subscriber_hash
    limit %(page)s
) as planned
left join lateral (
    select
        judged.content_hash,
        judged.consent_id,
        judged.contact_id
    from staging.verdict as judged
    where
        judged.staging_id = %(staging_id)s
        and judged.collection_id = %(collection_id)s
        and judged.contact_id = planned.contact_id
        and judged.subscriber_hash = planned.subscriber_hash
    offset 0
) as verdict on true
left join lateral (
    select
        staged.address_key,
        staged.first_name,
        staged.last_name,
        staged.language,
        staged.field_values
    from staging.contact as staged
    where staged.staging_id = %(staging_id)s and staged.contact_id = verdict.contact_id
    offset 0
) as contact on true
left join lateral (
    select given.effective_at
    from staging.consent as given
    where
        given.staging_id = %(staging_id)s
        and given.contact_id = verdict.contact_id
        and given.consent_id = verdict.consent_id
    offset 0
) as consent on true
order by planned.subscriber_hash
