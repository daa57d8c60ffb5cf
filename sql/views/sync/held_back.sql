create or replace view sync.held_back as
select
    verdict.staging_id,
    verdict.collection_id,
    verdict.contact_id,
    coalesce(
        verdict.reason_code,
        case when asked.status is not null then 'suppressed_pending' else plan.cause end
    ) as reason_code,
    case
        when plan.cause = 'rejected_by_mailchimp' then rejection.message
        when
            plan.cause = 'suppressed_archived' and audience.shared_id is not null and exists (
                select from sync.refusal_contact as belongs
                inner join sync.refusal as refusal on belongs.refusal_id = refusal.refusal_id
                where
                    belongs.contact_id = verdict.contact_id
                    and refusal.kind = 'tag_taken'
                    and refusal.ended_at is null
                    and verdict.collection_id = any(refusal.collection_ids)
            )
            then 'somebody took the collection''s tag from the member in Mailchimp'
        else verdict.detail
    end as detail
from staging.verdict as verdict
left join staging.plan as plan
    on
        verdict.staging_id = plan.staging_id
        and verdict.collection_id = plan.collection_id
        and verdict.contact_id = plan.contact_id
        and verdict.subscriber_hash = plan.subscriber_hash
        and verdict.reason_code is null
        and (
            plan.action in ('add_pending', 'reconfirm')
            or (
                plan.action in ('quarantine', 'unsubscribe', 'untag')
                and exists (
                    select from sync.reason
                    where reason.reason_code = plan.cause
                )
            )
        )
left join sync.collection_audience as audience on verdict.collection_id = audience.collection_id
-- Members that this run asked to confirm.
left join sync.member as asked
    on
        audience.list_id = asked.list_id
        and plan.subscriber_hash = asked.subscriber_hash
        and plan.action in ('add_pending', 'reconfirm')
        and asked.status = 'pending'
left join sync.rejection as rejection
    on audience.list_id = rejection.list_id and plan.subscriber_hash = rejection.subscriber_hash
where verdict.reason_code is not null or plan.cause is not null or asked.status is not null;
comment on view sync.held_back is
'Contacts that a staging holds back, by its verdicts and its plan. The quarantine is made from it.';
comment on column sync.held_back.staging_id is 'Staging.';
comment on column sync.held_back.collection_id is 'Collection of the CRM.';
comment on column sync.held_back.contact_id is 'Contact of the CRM.';
comment on column sync.held_back.reason_code is 'Reason: sync.reason.';
comment on column sync.held_back.detail is 'Details of the reason; null if none.';
