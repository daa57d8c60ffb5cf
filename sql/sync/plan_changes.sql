-- The change set of one collection: what staging and sync state differ by. This statement is the
-- whole of the rules on who may be added, changed or removed; the push only carries it out.
--
-- Actions: add, add_pending, revive (archived by us while subscribed), adopt, update, reconfirm,
-- unsubscribe, archive, suppress (held back, the cause is the reason), unchanged.
insert into staging.plan (
    staging_id, collection_id, action, subscriber_hash, contact_id, cause, address_key
)
with audience_member as (
    select * from sync.member
    where list_id = %(list_id)s
),

desired as (
    select
        verdict.contact_id,
        verdict.subscriber_hash,
        verdict.content_hash
    from staging.verdict as verdict
    where
        verdict.staging_id = %(staging_id)s
        and verdict.collection_id = %(collection_id)s
        and verdict.reason_code is null
),

-- Complaint or hard bounce in any audience of ours holds for the address everywhere, until the person
-- subscribes there again. That we unsubscribed it elsewhere for that reason is no source of its own.
bad_address as (
    select
        subscriber_hash,
        case when bool_or(cause = 'complaint') then 'complaint' else 'cleaned' end as cause
    from sync.member
    where (cause = 'complaint' and cause_detail is null) or (cause = 'cleaned' and status = 'cleaned')
    group by subscriber_hash
),

-- A person's opt-out under one address holds for the contact's other addresses in this audience;
-- a bounced address does not.
opted_out_contact as (
    select
        contact_id,
        coalesce(
            bool_or(cause = 'complaint' or (cause = 'forgotten' and cause_detail = 'suppressed_complaint')),
            false
        ) as complained,
        bool_or(opted_out) as opted_out,
        coalesce(bool_or(cause = 'our_unsubscribe'), false) as withdrawn_before
    from audience_member
    where
        contact_id is not null
        and (opted_out or cause in ('complaint', 'our_unsubscribe'))
    group by contact_id
),

refusal as (
    select
        refused.contact_id,
        refused.address_key,
        coalesce(alias.subscriber_hash, md5(refused.address_key)) as subscriber_hash,
        refused.gdpr_category is null as is_erasure
    from staging.refusal as refused
    left join sync.subscriber_alias as alias on md5(refused.address_key) = alias.address_hash
    where
        staging_id = %(staging_id)s
        and (
            gdpr_category is null
            or (gdpr_category = %(gdpr_category)s::text and %(gdpr_category)s::text <> 'unclassified')
            -- No category is known any more: the strictest reading.
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

-- Who opted out of an audience that was the collection's has opted out of this one.
former_address as (
    select distinct subscriber_hash from sync.former_opt_out
    where collection_id = %(collection_id)s
),

former_contact as (
    select distinct contact_id from sync.former_opt_out
    where collection_id = %(collection_id)s and contact_id is not null
),

rejected as (
    select * from sync.rejection
    where list_id = %(list_id)s
),

wanted as (
    select
        desired.contact_id,
        desired.subscriber_hash,
        desired.content_hash,
        member.status,
        member.cause,
        member.origin,
        member.pushed_hash,
        member.contact_id as member_contact_id,
        coalesce(opted_out_contact.withdrawn_before, false) as withdrawn_before,
        coalesce(rejected.content_hash = desired.content_hash and not rejected.retryable, false)
            as is_rejected,
        -- The address's own opt-out first, then its history elsewhere, then the contact's.
        case
            when member.cause = 'forgotten' then 'suppressed_forgotten'
            when member.cause = 'complaint' or bad_address.cause = 'complaint' then 'suppressed_complaint'
            when member.cause = 'own_unsubscribe' then 'suppressed_unsubscribed'
            when member.status = 'cleaned' or bad_address.cause = 'cleaned' then 'suppressed_cleaned'
            when member.cause = 'compliance' then 'suppressed_compliance'
            when member.cause = 'hand_archive' then 'suppressed_archived'
            when member.opted_out or member.status = 'transactional' then 'suppressed_unsubscribed'
            when opted_out_contact.complained then 'suppressed_complaint'
            when opted_out_contact.opted_out then 'suppressed_unsubscribed'
            when former_address.subscriber_hash is not null or former_contact.contact_id is not null
                then 'suppressed_unsubscribed'
            when member.cause = 'unconfirmed' or member.status = 'pending' then 'suppressed_pending'
        end as suppression
    from desired
    left join audience_member as member on desired.subscriber_hash = member.subscriber_hash
    left join bad_address on desired.subscriber_hash = bad_address.subscriber_hash
    left join opted_out_contact on desired.contact_id = opted_out_contact.contact_id
    left join rejected on desired.subscriber_hash = rejected.subscriber_hash
    left join former_address on desired.subscriber_hash = former_address.subscriber_hash
    left join former_contact on desired.contact_id = former_contact.contact_id
),

wanted_action as (
    select
        wanted.*,
        case
            when wanted.suppression is not null and wanted.suppression <> 'suppressed_pending'
                then case
                    -- Still on the audience, though it must not be: ours goes, others are left.
                    when
                        wanted.status in ('subscribed', 'pending')
                        and wanted.origin in ('created', 'adopted')
                        and coalesce(wanted.cause, '') <> 'forgotten'
                        then 'unsubscribe'
                    else 'suppress'
                end
            when wanted.suppression = 'suppressed_pending' then 'suppress'
            when wanted.is_rejected then 'suppress'
            when
                wanted.status is null
                then case when wanted.withdrawn_before then 'add_pending' else 'add' end
            when wanted.status = 'subscribed' and wanted.origin = 'foreign' then 'adopt'
            when wanted.status = 'subscribed'
                then case
                    when
                        %(full_refresh)s or coalesce(wanted.pushed_hash, '') <> wanted.content_hash
                        then 'update'
                    else 'unchanged'
                end
            when
                wanted.status = 'unsubscribed'
                -- Ours after a withdrawal, or after a bounce elsewhere that has healed.
                and wanted.cause in ('our_unsubscribe', 'cleaned')
                and wanted.origin in ('created', 'adopted')
                then 'reconfirm'
            when wanted.status = 'archived' and wanted.cause = 'our_archive' and wanted.origin = 'created'
                then case when wanted.withdrawn_before then 'add_pending' else 'revive' end
            else 'suppress'
        end as action
    from wanted
),

unwanted as (
    select
        member.subscriber_hash,
        member.contact_id,
        member.origin,
        member.status,
        bad_address.cause as bad_cause,
        refused_address.address_key,
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
    left join bad_address on member.subscriber_hash = bad_address.subscriber_hash
    left join refused_contact on member.contact_id = refused_contact.contact_id
    left join refused_address on member.subscriber_hash = refused_address.subscriber_hash
    left join staging.verdict as verdict
        on
            verdict.staging_id = %(staging_id)s
            and verdict.collection_id = %(collection_id)s
            and member.contact_id = verdict.contact_id
    where
        member.status in ('subscribed', 'pending')
        and member.origin in ('created', 'adopted')
        and coalesce(member.cause, '') <> 'forgotten'
        and not exists (
            select from desired
            where desired.subscriber_hash = member.subscriber_hash
        )
)

select
    %(staging_id)s::bigint as staging_id,
    %(collection_id)s::bigint as collection_id,
    action,
    subscriber_hash,
    contact_id,
    case
        when action in ('unsubscribe', 'suppress')
            then
                coalesce(
                    suppression,
                    case when is_rejected then 'rejected_by_mailchimp' else 'suppressed_archived' end
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
        when bad_cause is not null then 'unsubscribe'
        -- Mailchimp archives no pending members (405); they only asked to confirm.
        when origin = 'created' then case when status = 'pending' then 'unsubscribe' else 'archive' end
        -- Adopted members are never archived.
        else 'unchanged'
    end as action,
    subscriber_hash,
    contact_id,
    case
        when
            cause not in ('erased_contact', 'consent_withdrawn', 'shared_address_refused')
            and bad_cause is not null
            then 'suppressed_' || bad_cause
        else cause
    end as cause,
    address_key
from unwanted
