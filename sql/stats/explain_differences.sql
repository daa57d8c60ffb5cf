-- Compares each difference with its evidence. The rest is accepted or unexplained.
with judged as (
    select
        found.campaign_id,
        found.metric,
        found.difference,
        greatest(found.difference, 0) as lacking,
        greatest(-found.difference, 0) as surplus,
        found.cap_hides,
        found.deleted_hide,
        found.deleted_hold,
        found.flags_missing,
        found.left_out,
        -- Events after the report was read are in the details already. The next report includes them.
        coalesce(
            state.gap_readings <= 1 and state.next_reading_at is not null, false
        ) as is_first_look,
        coalesce(decision.holds, 0) as holds
    from stats.reconciliation as found
    inner join stats.metric as metric on found.metric = metric.metric
    left join stats.stream_state as state
        on found.campaign_id = state.campaign_id and metric.stream = state.stream
    left join lateral (
        select newest.holds
        from stats.accepted_difference as newest
        where newest.campaign_id = found.campaign_id and newest.metric = found.metric
        order by newest.accepted_at desc
        limit 1
    ) as decision on true
    where found.campaign_id = %(campaign_id)s
),

reduced as (
    select
        judged.*,
        greatest(judged.lacking - judged.cap_hides - judged.deleted_hide - judged.left_out, 0)
        - greatest(judged.surplus - judged.flags_missing - judged.deleted_hold, 0) as rest
    from judged
),

explained as (
    select
        reduced.*,
        case
            when sign(reduced.rest) = sign(reduced.holds)
                then sign(reduced.rest) * least(abs(reduced.rest), abs(reduced.holds))
            else 0
        end as accepted
    from reduced
),

final as (
    select
        explained.campaign_id,
        explained.metric,
        explained.accepted,
        case
            when explained.rest < 0 and explained.is_first_look then 0
            else explained.rest - explained.accepted
        end as unexplained,
        case
            when explained.difference = 0 then null
            when explained.rest < 0 and explained.rest < explained.accepted then 'changed_while_reading'
            when explained.rest <> 0 then 'accepted'
            when explained.left_out > 0 then 'left_out_rows'
            when explained.lacking > 0 and explained.cap_hides > 0 then 'activity_cap'
            when explained.lacking > 0 then 'deleted_members'
            when explained.surplus <= explained.flags_missing then 'proxy_flags_missing'
            else 'kept_after_deletion'
        end as explanation
    from explained
),

recorded as (
    update stats.reconciliation as known
    set
        accepted = final.accepted,
        unexplained = final.unexplained,
        explanation = case when final.unexplained <> 0 then 'unexplained' else final.explanation end,
        unexplained_since = case
            when final.unexplained <> 0 then coalesce(known.unexplained_since, now())
        end
    from final
    where known.campaign_id = final.campaign_id and known.metric = final.metric
    returning known.campaign_id, known.metric, known.accepted, known.explanation
),

-- An acceptance covers only what is left of the difference. It does not cover a later loss.
shrunk as (
    update stats.accepted_difference as decision
    set holds = recorded.accepted
    from recorded
    where
        decision.campaign_id = recorded.campaign_id
        and decision.metric = recorded.metric
        and abs(decision.holds) > abs(recorded.accepted)
)

select
    metric,
    explanation
from recorded;
