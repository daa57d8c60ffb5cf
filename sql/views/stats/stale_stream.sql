create or replace view stats.stale_stream as
select
    gate.campaign_id,
    gate.stream,
    gate.figures,
    coalesce(
        known.next_reading_at not between now() and now() + interval '14 days'
        and jsonb_path_exists(known.gap, '$.* ? (@ > 0)'),
        false
    ) as is_lacking
from stats.stream_gate as gate
-- Looked up for each stream, whatever Postgres has counted.
left join lateral (
    select
        state.campaign_id,
        state.gate,
        state.gap,
        state.next_reading_at
    from stats.stream_state as state
    where state.campaign_id = gate.campaign_id and state.stream = gate.stream
    offset 0
) as known on true
where
    gate.gone_at is null
    and (
        -- No reading is put off for longer. A later time comes from a clock that was ahead.
        known.next_reading_at not between now() and now() + interval '14 days'
        or (known.gate is distinct from gate.figures and not (gate.is_empty and known.campaign_id is null))
    );
comment on view stats.stale_stream is
'Streams to read. Their figures changed since we last read them to the end. Or rows are missing, and it is '
'time to read the stream again.';
comment on column stats.stale_stream.campaign_id is 'Campaign.';
comment on column stats.stale_stream.stream is 'Name of the stream.';
comment on column stats.stale_stream.figures is
'Figures of the newest report. After the reading, the stream has the rows that belong to them.';
comment on column stats.stale_stream.is_lacking is
'Whether rows are missing, and it is time to read the stream again.';
