-- A difference causes another reading of its stream, whatever explains it. The readings come at the next
-- run, then at an age of 6, 12, 24 hours and so on. They end after two weeks. Then the stream waits until
-- its figures change or a person asks. It is due a little earlier, so that a run every 6 hours does not
-- miss it by minutes.
with gaps as (
    select
        metric.stream,
        jsonb_object_agg(missing.name, missing.amount) as gap
    from stats.reconciliation as found
    inner join stats.metric as metric on found.metric = metric.metric
    cross join
        lateral (
            values
            (found.metric, found.difference),
            -- Opens without a flag count as human ones, so their number may be right all the same.
            (found.metric || ' (flags)', found.flags_missing)
        ) as missing (name, amount)
    where found.campaign_id = %(campaign_id)s and missing.amount <> 0
    group by metric.stream
),

settled as (
    select
        known.stream,
        gaps.gap,
        case
            when gaps.gap is null then 0
            when known.reconciled_at is null and known.gap = gaps.gap then known.gap_readings + 1
            when known.reconciled_at is null then 1
            when (known.gap is distinct from gaps.gap) then 0
            else known.gap_readings
        end as gap_readings,
        (known.reconciled_at is not null and known.gap is not distinct from gaps.gap) as is_unchanged,
        known.reconciled_at is null as is_just_read,
        case
            when gaps.gap is null then null
            when known.gap = gaps.gap then coalesce(known.gap_since, now())
            else now()
        end as gap_since
    from stats.stream_state as known
    left join gaps on known.stream = gaps.stream
    where
        known.campaign_id = %(campaign_id)s
        and known.stream in (select metric.stream from stats.metric as metric)
)

update stats.stream_state as known
set
    gap = settled.gap,
    gap_since = settled.gap_since,
    gap_readings = settled.gap_readings,
    next_reading_at = case
        -- A member that is missing in another list may be deleted. The list of recipients shows it.
        when
            known.stream = 'recipients'
            and exists (
                select 1 from settled as other
                where other.is_just_read and other.gap_readings = 1 and other.stream <> 'activity'
            )
            then now()
        when settled.is_unchanged then known.next_reading_at
        when settled.gap is null then null
        when settled.gap_readings <= 1 then now()
        when settled.gap_since > now() - interval '14 days'
            then now() + greatest(interval '5 hours', (now() - settled.gap_since) * 0.9)
    end
from settled
where
    known.campaign_id = %(campaign_id)s
    and known.stream = settled.stream;
