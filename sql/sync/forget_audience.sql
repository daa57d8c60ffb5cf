-- A former audience was deleted in Mailchimp, with all its members. Refusals made in it stay. The deletion
-- itself is no refusal.
with deleted as (
    update sync.former_audience
    set deleted_at = now()
    where list_id = %(list_id)s
),

untagged as (
    delete from sync.tag_member
    where list_id = %(list_id)s
),

ended as (
    update sync.consent_proof
    set ended_at = now(), end_cause = 'audience_deleted'
    where list_id = %(list_id)s and ended_at is null
)

update sync.member
set status = 'archived', cause = 'forgotten', pushed_hash = null, status_since = now()
where list_id = %(list_id)s and status in ('subscribed', 'pending')
