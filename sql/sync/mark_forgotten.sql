-- A member that is permanently deleted: what justified mailing it ends.
with ended as (
    update sync.consent_proof
    set ended_at = now(), end_cause = 'forgotten'
    where list_id = %(list_id)s and subscriber_hash = %(subscriber_hash)s and ended_at is null
)

update sync.member
set
    cause = 'forgotten',
    cause_detail = null,
    pushed_hash = null,
    intended_action = null,
    intended_cause = null
where list_id = %(list_id)s and subscriber_hash = %(subscriber_hash)s
