-- A removal by us (cause_detail names its cause) ends the proof with our cause.
update sync.consent_proof as proof
set
    ended_at = now(),
    end_cause = case
        when member.cause_detail is null then observed.status
        when observed.status = 'unsubscribed' then 'unsubscribe'
        when observed.status = 'archived' then 'archive'
        else observed.status
    end
from observed_member as observed
inner join sync.member as member
    on observed.list_id = member.list_id and observed.subscriber_hash = member.subscriber_hash
where
    proof.list_id = observed.list_id
    and proof.subscriber_hash = observed.subscriber_hash
    and proof.ended_at is null
    and observed.status in ('unsubscribed', 'cleaned', 'archived')
