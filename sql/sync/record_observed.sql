-- Stores what Mailchimp says of members. The cause of a status stays as long as the status. So an
-- unsubscribe or archive by us stays known as ours. So does a removal whose answer was lost
-- (intended_action), unless Mailchimp names the person as the one who unsubscribed. Any other removal is
-- the person's own, or made by hand. If sync.member was lost and CRMREF alone is left, the stricter reading
-- holds. A marketing permission that was given once, and is not any more, was taken back by the person.
-- We never take one back. So was one that we set without an answer, if the member changed since. An older
-- answer than the one that we know says nothing about permissions.
insert into sync.member (
    list_id, account, subscriber_hash, contact_id, status, cause, cause_detail, opted_out,
    complaint_checked, unsubscribed_by,
    origin,
    pushed_hash,
    last_changed,
    status_since,
    intended_action,
    intended_cause,
    remote_contact_id,
    given_permissions,
    taken_back_permissions,
    asked_permission
)
with observed as (
    select distinct on (list_id, subscriber_hash)
        list_id,
        subscriber_hash,
        contact_id,
        status,
        unsubscribed_by,
        origin,
        last_changed,
        remote_contact_id,
        given_permissions,
        declined_permissions,
        case status
            when 'unsubscribed' then 'own_unsubscribe'
            when 'archived' then 'hand_archive'
            when 'cleaned' then 'cleaned'
            when 'pending' then 'unconfirmed'
        end as strict_cause
    from observed_member
    order by list_id asc, subscriber_hash asc, last_changed desc
),

-- All members of one page are in one audience.
audience as (
    select sync.account_of(min(list_id)) as account
    from observed
),

reading as (
    select
        observed.*,
        member.contact_id as known_contact_id,
        member.status as known_status,
        member.cause as known_cause,
        member.cause_detail as known_cause_detail,
        member.origin as known_origin,
        member.pushed_hash as known_pushed_hash,
        member.status_since as known_status_since,
        member.intended_action,
        member.intended_cause,
        member.remote_contact_id as known_remote_contact_id,
        case
            when observed.given_permissions is null or observed.last_changed < member.last_changed
                then member.given_permissions
            else observed.given_permissions
        end as newest_permissions,
        member.asked_permission,
        mapped.permission_id,
        case
            when observed.given_permissions is null or observed.last_changed < member.last_changed
                then coalesce(member.taken_back_permissions, '{}')
            else
                array(
                    select distinct back.permission_id
                    from
                        unnest(
                            array_cat(
                                coalesce(member.taken_back_permissions, '{}'),
                                array_append(
                                    coalesce(member.given_permissions, '{}'),
                                    case
                                        when
                                            member.last_changed is null
                                            or observed.last_changed > member.last_changed
                                            then member.asked_permission
                                    end
                                )
                            )
                        ) as back (permission_id)
                    where
                        (
                            back.permission_id <> all(observed.given_permissions)
                            -- Within one second nobody knows which came first.
                            or (
                                back.permission_id = any(member.taken_back_permissions)
                                and observed.last_changed = member.last_changed
                            )
                        )
                        -- One that the audience no longer shows was taken back earlier, or not at all.
                        and (
                            back.permission_id = any(observed.declined_permissions)
                            or back.permission_id = any(member.taken_back_permissions)
                        )
                    order by back.permission_id
                )
        end as taken_back_permissions,
        coalesce(observed.last_changed <= member.last_changed, false) as is_unchanged,
        coalesce(member.opted_out, false) as had_opted_out,
        coalesce(member.complaint_checked, false) as was_checked,
        -- Somebody deleted our member, and the person signed up since: that is a member of another kind.
        coalesce(
            observed.origin = 'foreign' and observed.remote_contact_id <> member.remote_contact_id, false
        ) as is_new_member,
        coalesce(
            member.status <> observed.status
            and member.intended_action = case observed.status
                when 'unsubscribed' then 'unsubscribe'
                when 'archived' then 'archive'
            end
            and observed.unsubscribed_by is distinct from 'person',
            false
        ) as is_ours,
        coalesce(
            member.status = observed.status
            -- The member signed up and unsubscribed again between two looks. The unsubscribe is the
            -- person's if Mailchimp names the person. It also is if Mailchimp names nobody and something
            -- changed after our own unsubscribe.
            and not (
                observed.status = 'unsubscribed'
                and coalesce(member.cause, '') in ('our_unsubscribe', 'cleaned')
                and case
                    when observed.unsubscribed_by is null then observed.last_changed > member.last_changed
                    else observed.unsubscribed_by = 'person'
                end
            ),
            false
        ) as is_as_known
    from observed
    -- Each member is looked up by its key: a planner without statistics would read the table for each page.
    left join lateral (
        select known.*
        from sync.member as known
        where known.list_id = observed.list_id and known.subscriber_hash = observed.subscriber_hash
        offset 0
    ) as member on true
    left join sync.gdpr_audience as mapped on observed.list_id = mapped.list_id and mapped.is_on
)

select
    list_id,
    (select account from audience) as account,
    subscriber_hash,
    case when not is_new_member then coalesce(known_contact_id, contact_id) end as contact_id,
    status,
    case
        when strict_cause is null
            then
                case
                    when status = 'subscribed' and permission_id = any(taken_back_permissions)
                        then 'permission_taken_back'
                end
        when is_ours then sync.cause_of_removal(intended_action, intended_cause, known_status)
        when is_as_known then coalesce(known_cause, strict_cause)
        else strict_cause
    end as cause,
    case
        when is_ours then intended_cause
        when is_as_known then known_cause_detail
    end as cause_detail,
    -- Only the person ends an opt-out, by subscribing. An unsubscribe by us is no opt-out.
    status <> 'subscribed' and (
        had_opted_out
        or (status = 'unsubscribed' and not is_ours and not is_as_known)
    ) as opted_out,
    -- A change since may be a sign-up with a complaint after it.
    was_checked and is_as_known and is_unchanged as complaint_checked,
    unsubscribed_by,
    case
        when is_new_member or coalesce(known_origin, 'foreign') = 'foreign' then origin
        else known_origin
    end as origin,
    -- A member that came back may have changed meanwhile: its fields are pushed again.
    case when status = known_status and not is_new_member then known_pushed_hash end as pushed_hash,
    last_changed,
    case when is_as_known then known_status_since else last_changed end as status_since,
    case when not is_ours then intended_action end as intended_action,
    case when not is_ours then intended_cause end as intended_cause,
    coalesce(remote_contact_id, known_remote_contact_id) as remote_contact_id,
    newest_permissions as given_permissions,
    taken_back_permissions,
    case
        when
            asked_permission <> all(coalesce(newest_permissions, '{}'))
            and asked_permission <> all(taken_back_permissions)
            then asked_permission
    end as asked_permission
from reading
on conflict (list_id, subscriber_hash) do update set
    contact_id = excluded.contact_id,
    status = excluded.status,
    cause = excluded.cause,
    cause_detail = excluded.cause_detail,
    opted_out = excluded.opted_out,
    complaint_checked = excluded.complaint_checked,
    unsubscribed_by = excluded.unsubscribed_by,
    origin = excluded.origin,
    pushed_hash = excluded.pushed_hash,
    last_changed = excluded.last_changed,
    status_since = excluded.status_since,
    intended_action = excluded.intended_action,
    intended_cause = excluded.intended_cause,
    remote_contact_id = excluded.remote_contact_id,
    given_permissions = excluded.given_permissions,
    taken_back_permissions = excluded.taken_back_permissions,
    asked_permission = excluded.asked_permission
