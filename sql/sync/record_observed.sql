-- What mailchimp says of a member becomes our state. The cause of a status stays as long as the
-- status does: an unsubscribe or an archive that was ours remains known as ours, any other is the
-- person's own, or somebody's by hand. Where the ledger was lost and CRMREF is all there is,
-- the stricter reading holds.
insert into sync.member as member (
    list_id, subscriber_hash, contact_id, status, cause, opted_out, origin, last_changed, status_since
)
select distinct on (list_id, subscriber_hash)
    list_id,
    subscriber_hash,
    contact_id,
    status,
    case
        when status = 'unsubscribed' then 'own_unsubscribe'
        when status = 'archived' then 'hand_archive'
        when status = 'cleaned' then 'cleaned'
        when status = 'pending' then 'unconfirmed'
    end as cause,
    status = 'unsubscribed' as opted_out,
    origin,
    last_changed,
    last_changed as status_since
from observed_member
order by list_id asc, subscriber_hash asc, last_changed desc
on conflict (list_id, subscriber_hash) do update set
    status = excluded.status,
    cause = case
        when excluded.cause is null then null
        when member.status = excluded.status
            then coalesce(member.cause, excluded.cause)
        else excluded.cause
    end,
    -- Only the person takes an opt-out back, by subscribing; an unsubscribe that was ours is none.
    opted_out = excluded.status <> 'subscribed' and (
        member.opted_out
        or (
            excluded.status = 'unsubscribed'
            and (member.status <> 'unsubscribed' or coalesce(member.cause, '') <> 'our_unsubscribe')
        )
    ),
    origin = case when member.origin = 'foreign' then excluded.origin else member.origin end,
    contact_id = coalesce(member.contact_id, excluded.contact_id),
    complaint_checked = member.complaint_checked and member.status = excluded.status,
    -- A member that came back may have been changed meanwhile: its fields are pushed again.
    pushed_hash = case when member.status = excluded.status then member.pushed_hash end,
    last_changed = excluded.last_changed,
    status_since
    = case when member.status = excluded.status then member.status_since else excluded.last_changed end
