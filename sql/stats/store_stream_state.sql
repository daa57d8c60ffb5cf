insert into stats.stream_state as known (
    campaign_id, stream, gate, complete_through, rows_read, read_at, next_reading_at
)
values (
    %(campaign_id)s, %(stream)s, %(figures)s::jsonb, %(complete_through)s, %(rows_read)s, now(),
    case when %(read_later)s then now() + interval '1 day' end
)
on conflict (campaign_id, stream) do update set
    gate = excluded.gate,
    complete_through = coalesce(excluded.complete_through, known.complete_through),
    rows_read = excluded.rows_read,
    read_at = excluded.read_at,
    reconciled_at = null,
    -- A gap stays due until the figures are compared, because a run may end before that.
    next_reading_at = case
        when not %(read_later)s then known.next_reading_at
        when (known.gate is distinct from excluded.gate) then excluded.next_reading_at
    end;
