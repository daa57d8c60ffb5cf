-- A permanently deleted member: its proof of consent and its tags end.
with untagged as (
    delete from sync.tag_member
    where list_id = %(list_id)s and subscriber_hash = %(subscriber_hash)s
),

ended as (
    update sync.consent_proof
    set ended_at = now(), end_cause = 'forgotten'
    where list_id = %(list_id)s and subscriber_hash = %(subscriber_hash)s and ended_at is null
)

update sync.member
set
    cause = 'forgotten',
    -- A complaint still holds for the person's other addresses.
    cause_detail = case
        when cause = 'complaint' or (cause = 'forgotten' and cause_detail = 'suppressed_complaint')
            then 'suppressed_complaint'
    end,
    pushed_hash = null,
    intended_action = null,
    intended_cause = null
where list_id = %(list_id)s and subscriber_hash = %(subscriber_hash)s
