-- The plan of one collection: the changes by which staging and sync state differ. This statement has all
-- the rules about who may be added, changed or removed. The push only carries them out. judge_refusals.sql
-- decides before what a refusal means.
--
-- The actions are add, add_pending, revive, adopt, update, reconfirm, unsubscribe, archive, quarantine and
-- unchanged. The action revive is for a member that we archived while it was subscribed. The action
-- quarantine holds the contact back, and the cause is the reason.
insert into staging.plan (
    staging_id, collection_id, action, subscriber_hash, contact_id, cause, address_key
)
with audience_member as (
    select
        *,
        sync.may_be_mailed(status)
        and coalesce(cause, '') <> 'forgotten' as may_be_mailed
    from sync.member
    where list_id = %(list_id)s
),

desired as (
    select
        verdict.contact_id,
        verdict.subscriber_hash,
        verdict.content_hash,
        verdict.consent_id,
        -- Two contacts may become one member: a person chose the other contact's address in Mailchimp. Who
        -- gave the address up does not keep it from the other one.
        coalesce(
            min(verdict.contact_id) filter (where given_up.contact_id is null)
                over (partition by verdict.subscriber_hash),
            min(verdict.contact_id) over (partition by verdict.subscriber_hash)
        ) as representative_id,
        given_up.contact_id is not null as is_given_up
    from staging.verdict as verdict
    left join given_up
        on verdict.contact_id = given_up.contact_id and verdict.subscriber_hash = given_up.old_hash
    where
        verdict.staging_id = %(staging_id)s
        and verdict.collection_id = %(collection_id)s
        and verdict.reason_code is null
),

-- A hard bounce in any of our audiences concerns the address, until the person subscribes there again. An
-- unsubscribe that we made elsewhere for that reason is no bounce itself.
bounced_address as (
    select distinct subscriber_hash
    from sync.member
    where status = 'cleaned' and cause is distinct from 'forgotten'
),

refusal as (
    select
        refused.contact_id,
        refused.address_key,
        coalesce(alias.subscriber_hash, sync.subscriber_hash(refused.address_key)) as subscriber_hash,
        refused.gdpr_category is null as is_erasure
    from staging.refusal as refused
    left join sync.subscriber_alias as alias on sync.subscriber_hash(refused.address_key) = alias.address_hash
    where
        staging_id = %(staging_id)s
        and not refused.is_unreadable
        and (
            gdpr_category is null
            or (gdpr_category = %(gdpr_category)s::text and %(gdpr_category)s::text <> 'unclassified')
            -- The category is no longer known, so the strictest reading holds.
            or %(gdpr_category)s::text is null
        )
),

refused_contact as (
    select
        contact_id,
        bool_or(is_erasure) as is_erased
    from refusal
    group by contact_id
),

refused_address as (
    select
        subscriber_hash,
        min(address_key) as address_key,
        bool_or(is_erasure) as is_erased
    from refusal
    where subscriber_hash is not null
    group by subscriber_hash
),

rejected as (
    select * from sync.rejection
    where list_id = %(list_id)s
),

wanted as (
    select
        desired.contact_id,
        desired.subscriber_hash,
        desired.is_given_up,
        desired.content_hash,
        member.status,
        member.may_be_mailed,
        member.cause,
        member.origin,
        member.pushed_hash,
        coalesce(found.must_confirm, false) as must_confirm,
        -- The contact gave in the CRM the marketing permission that the member does not have in Mailchimp.
        desired.consent_id is not null
        and withheld.subscriber_hash is null
        and mapped.permission_id is not null
        and mapped.permission_id <> all(coalesce(member.given_permissions, '{}')) as needs_permission,
        -- The collection asks new members first. We archived a member while it was subscribed. So the same
        -- contact is not new, and is revived without a question. Another contact at its address is new.
        (
            %(confirm_new_members)s
            or exists (
                select from first_asked
                where first_asked.contact_id = desired.contact_id and first_asked.only_new
            )
        )
        and (member.contact_id is distinct from desired.contact_id) as is_asked_first,
        coalesce(rejected.content_hash = desired.content_hash and not rejected.retryable, false)
            as is_rejected,
        -- First the refusals at the address, then other facts about the address, then the person's
        -- refusals.
        case
            when desired.contact_id <> desired.representative_id
                then case when desired.is_given_up then 'address_given_up' else 'duplicate_email' end
            -- In Mailchimp the person chose an address that another contact of the CRM refused.
            when refused_address.subscriber_hash is not null then 'shared_address_refused'
            when
                found.reason_at_address in (
                    'suppressed_forgotten', 'suppressed_complaint', 'suppressed_unsubscribed'
                )
                then found.reason_at_address
            when member.status = 'cleaned' or bounced_address.subscriber_hash is not null
                then 'suppressed_cleaned'
            when found.reason_at_address is not null then found.reason_at_address
            when member.status = 'transactional' then 'suppressed_unsubscribed'
            when found.reason_of_person is not null then found.reason_of_person
            -- Another contact that refused holds the address now.
            when found.is_refused_by_other then 'shared_address_refused'
            -- Not unsubscribed by us and without a known refusal: we treat it as the person's own.
            when
                member.status = 'unsubscribed'
                and coalesce(member.cause, '') not in ('our_unsubscribe', 'cleaned')
                then 'suppressed_unsubscribed'
            when
                member.may_be_mailed and member.status not in ('subscribed', 'pending')
                then 'unknown_status'
            when member.status = 'pending' then 'suppressed_pending'
            when desired.is_given_up then 'address_given_up'
        end as held_back_as
    from desired
    left join audience_member as member on desired.subscriber_hash = member.subscriber_hash
    left join bounced_address on desired.subscriber_hash = bounced_address.subscriber_hash
    left join refusal_found as found on desired.contact_id::text = found.key
    left join refused_address on desired.subscriber_hash = refused_address.subscriber_hash
    left join rejected on desired.subscriber_hash = rejected.subscriber_hash
    left join sync.gdpr_audience as mapped on mapped.list_id = %(list_id)s and mapped.is_on
    left join withheld_permission as withheld
        on
            withheld.collection_id = %(collection_id)s
            and desired.subscriber_hash = withheld.subscriber_hash
),

wanted_action as (
    select
        wanted.*,
        case
            -- An unknown status alone is no reason to remove, add or change a member.
            when wanted.held_back_as in ('duplicate_email', 'unknown_status') then 'quarantine'
            -- If there is a member at the address, it is another contact's.
            when wanted.is_given_up then 'quarantine'
            when wanted.held_back_as is not null and wanted.held_back_as <> 'suppressed_pending'
                then case
                    -- The member is in the audience and must not be: we unsubscribe our members, and leave
                    -- foreign ones.
                    when wanted.may_be_mailed and wanted.origin in ('created', 'adopted')
                        then 'unsubscribe'
                    else 'quarantine'
                end
            when wanted.held_back_as = 'suppressed_pending' then 'quarantine'
            when wanted.is_rejected then 'quarantine'
            when
                wanted.status is null
                then case when wanted.must_confirm or wanted.is_asked_first then 'add_pending' else 'add' end
            when wanted.status = 'subscribed' and wanted.must_confirm
                then case when wanted.origin = 'foreign' then 'quarantine' else 'reconfirm' end
            when wanted.status = 'subscribed' and wanted.origin = 'foreign' then 'adopt'
            when wanted.status = 'subscribed'
                then case
                    when
                        %(full_refresh)s
                        or wanted.needs_permission
                        or coalesce(wanted.pushed_hash, '') <> wanted.content_hash
                        then 'update'
                    else 'unchanged'
                end
            -- Unsubscribed by us, after a withdrawal or after a bounce elsewhere that no longer holds.
            when wanted.status = 'unsubscribed' and wanted.origin in ('created', 'adopted')
                then 'reconfirm'
            when wanted.status = 'archived' and wanted.cause = 'our_archive' and wanted.origin = 'created'
                then case
                    when wanted.must_confirm or wanted.is_asked_first then 'add_pending' else 'revive'
                end
            else 'quarantine'
        end as action
    from wanted
),

unwanted as (
    select
        member.subscriber_hash,
        member.contact_id,
        member.origin,
        member.status,
        refused_address.address_key,
        case
            when
                found.reason_at_address in (
                    'suppressed_forgotten', 'suppressed_complaint', 'suppressed_unsubscribed'
                )
                then found.reason_at_address
            when bounced_address.subscriber_hash is not null then 'suppressed_cleaned'
            else coalesce(found.reason_at_address, found.reason_of_person)
        end as held_back_as,
        case
            when refused_contact.is_erased or refused_address.is_erased then 'erased_contact'
            when refused_contact.contact_id is not null then 'consent_withdrawn'
            when refused_address.subscriber_hash is not null then 'shared_address_refused'
            when verdict.contact_id is null then 'left_collection'
            when coalesce(verdict.subscriber_hash, member.subscriber_hash) <> member.subscriber_hash
                then 'changed_address'
            else coalesce(verdict.reason_code, 'changed_address')
        end as cause
    from audience_member as member
    left join bounced_address on member.subscriber_hash = bounced_address.subscriber_hash
    left join refusal_found as found on 'member:' || member.subscriber_hash = found.key
    left join refused_contact on member.contact_id = refused_contact.contact_id
    left join refused_address on member.subscriber_hash = refused_address.subscriber_hash
    left join staging.verdict as verdict
        on
            verdict.staging_id = %(staging_id)s
            and verdict.collection_id = %(collection_id)s
            and member.contact_id = verdict.contact_id
    where
        member.may_be_mailed
        and member.origin in ('created', 'adopted')
        and not exists (
            select from desired
            where desired.subscriber_hash = member.subscriber_hash and not desired.is_given_up
        )
        -- A collection of the shared audience keeps the member, and cannot say more about it now. Without a
        -- tag no plan of a collection finds who complained or bounced elsewhere.
        and (
            bounced_address.subscriber_hash is not null
            or coalesce(found.reason_at_address, found.reason_of_person) in (
                'suppressed_forgotten', 'suppressed_complaint', 'suppressed_unsubscribed'
            )
            or not exists (
                select from kept_member
                where kept_member.subscriber_hash = member.subscriber_hash
            )
        )
)

select
    %(staging_id)s::bigint as staging_id,
    %(collection_id)s::bigint as collection_id,
    action,
    subscriber_hash,
    contact_id,
    case
        when action in ('unsubscribe', 'quarantine')
            then
                coalesce(
                    case
                        when held_back_as = 'unknown_status' then 'suppressed_compliance' else held_back_as
                    end,
                    case
                        when is_rejected then 'rejected_by_mailchimp'
                        when must_confirm then 'suppressed_pending'
                        else 'suppressed_archived'
                    end
                )
    end as cause,
    null as address_key
from wanted_action
union all
select
    %(staging_id)s::bigint as staging_id,
    %(collection_id)s::bigint as collection_id,
    case
        when cause = 'erased_contact' and origin = 'created' and status = 'subscribed' then 'archive'
        when cause = 'erased_contact' then 'unsubscribe'
        when cause in ('consent_withdrawn', 'shared_address_refused') then 'unsubscribe'
        when held_back_as is not null then 'unsubscribe'
        -- All collections of the shared audience know a refusal of the person.
        when %(is_shared_audience)s and starts_with(cause, 'suppressed_') then 'unsubscribe'
        -- Mailchimp does not archive pending members (405). We only asked them to confirm.
        when origin = 'created' then case when status = 'subscribed' then 'archive' else 'unsubscribe' end
        -- Adopted members are never archived.
        else 'unchanged'
    end as action,
    subscriber_hash,
    contact_id,
    case
        when
            cause not in ('erased_contact', 'consent_withdrawn', 'shared_address_refused')
            and held_back_as is not null
            then held_back_as
        else cause
    end as cause,
    address_key
from unwanted
