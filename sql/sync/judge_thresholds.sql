-- Judges the collections of one run by the thresholds, and stores the figures. Of a shared audience each of
-- its collections is judged by its own people. A run that was not planned, such as a failed one, says
-- nothing: the figures of the last one stay.
with ended as (
    select
        collection.collection_id,
        collection.collection_code,
        ended_run.run_id,
        ended_run.list_id,
        ended_run.started_at,
        ended_run.staged,
        ended_run.quarantined,
        ended_run.added + ended_run.updated as done
    from sync.staged_collection as collection
    inner join sync.staging_run as run on collection.staging_id = run.staging_id
    inner join sync.collection_run as ended_run
        on
            run.run_id = ended_run.run_id
            and collection.collection_code = ended_run.collection_code
            and collection.staging_id = ended_run.staging_id
    where
        collection.staging_id = %(staging_id)s
        and not run.dry_run
        and not collection.is_shared_audience
        and (ended_run.state = 'succeeded' or ended_run.detail ~ '^removal_guard')
),

counted as (
    select
        ended.*,
        refused.contacts as rejected,
        ended.done + refused.contacts as sent,
        expired.contacts as expired,
        coalesce(known.too_many, '{}') as was_too_many,
        exists(
            select from sync.quarantine as held
            where
                held.collection_code = ended.collection_code
                and held.resolved_at is null
                and held.reason_code = 'rejected_by_mailchimp'
        ) as has_rejected
    from ended
    left join sync.collection_health as known on ended.collection_id = known.collection_id
    cross join
        lateral (
            select count(*) as contacts
            from sync.rejection as rejection
            where
                rejection.list_id = ended.list_id
                and rejection.rejected_at >= ended.started_at
                and exists (
                    select from staging.verdict as verdict
                    where
                        verdict.staging_id = %(staging_id)s
                        and verdict.collection_id = ended.collection_id
                        and verdict.contact_id = rejection.contact_id
                )
        ) as refused
    cross join lateral (
        select count(*) as contacts
        from sync.quarantine as held
        where
            held.collection_code = ended.collection_code
            and held.resolved_at is null
            and held.reason_code = 'consent_expired'
            and held.first_seen_at >= ended.started_at
            -- In the first run of a collection everybody is new.
            and known.first_run_id <> ended.run_id
    ) as expired
),

-- Nothing was sent, or little: it is as bad as before, as long as somebody is still refused.
judged as (
    select
        counted.*,
        array_remove(
            array[
                case
                    when
                        case
                            when counted.sent >= %(least_contacts)s
                                then
                                    counted.rejected >= greatest(%(least_people)s, 1)
                                    and 100.0 * counted.rejected > %(most_rejected)s * counted.sent
                            else
                                'rejected' = any(counted.was_too_many)
                                and (counted.has_rejected or counted.rejected > 0)
                        end
                        then 'rejected'
                end,
                case
                    when
                        counted.staged >= %(least_contacts)s
                        and counted.quarantined >= greatest(%(least_people)s, 1)
                        and 100.0 * counted.quarantined > %(most_held_back)s * counted.staged
                        then 'held_back'
                end,
                case
                    when
                        counted.staged >= %(least_contacts)s
                        and counted.expired >= greatest(%(least_people)s, 1)
                        and 100.0 * counted.expired > %(most_expired)s * counted.staged
                        then 'expired'
                end
            ],
            null
        ) as too_many
    from counted
)

insert into sync.collection_health as kept (
    collection_id, collection_code, first_run_id, run_id, staged, held_back, expired, sent, rejected,
    most_held_back, most_expired, most_rejected, too_many, above_since
)
select
    collection_id,
    collection_code,
    run_id as first_run_id,
    run_id,
    staged,
    quarantined,
    expired,
    sent,
    rejected,
    %(most_held_back)s,
    %(most_expired)s,
    %(most_rejected)s,
    too_many,
    case when too_many <> '{}' then now() end as above_since
from judged
on conflict (collection_id) do update
    set
        collection_code = excluded.collection_code,
        run_id = excluded.run_id,
        staged = excluded.staged,
        held_back = excluded.held_back,
        expired = excluded.expired,
        sent = excluded.sent,
        rejected = excluded.rejected,
        most_held_back = excluded.most_held_back,
        most_expired = excluded.most_expired,
        most_rejected = excluded.most_rejected,
        too_many = excluded.too_many,
        above_since = case when excluded.too_many <> '{}' then coalesce(kept.above_since, now()) end,
        judged_at = now()
returning kept.collection_code, kept.too_many
