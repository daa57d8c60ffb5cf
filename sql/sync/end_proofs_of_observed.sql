-- A removal by us (cause_detail names its cause) ends the proof with our cause. Proofs and members are looked
-- up by their keys: a planner without statistics would read the tables for each page.
with ending as materialized (
    select
        open_proof.proof_id,
        case
            when member.cause_detail is null then observed.status
            when observed.status = 'unsubscribed' then 'unsubscribe'
            when observed.status = 'archived' then 'archive'
            else observed.status
        end as end_cause
    from observed_member as observed
    cross join
        lateral (
            select proof.proof_id
            from sync.consent_proof as proof
            where
                proof.list_id = observed.list_id
                and proof.subscriber_hash = observed.subscriber_hash
                and proof.ended_at is null
            offset 0
        ) as open_proof
    cross join
        lateral (
            select known.cause_detail
            from sync.member as known
            where known.list_id = observed.list_id and known.subscriber_hash = observed.subscriber_hash
            offset 0
        ) as member
    where observed.status in ('unsubscribed', 'cleaned', 'archived')
)

update sync.consent_proof as proof
set
    ended_at = now(),
    end_cause = ending.end_cause
from ending
where
    proof.proof_id = any(array(select proof_id from ending))
    and proof.proof_id = ending.proof_id
