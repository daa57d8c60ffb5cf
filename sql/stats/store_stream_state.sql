insert into stats.stream_state as known (
    campaign_id, stream, gate, complete_through, gap, members_seen, rows_read, read_at
)
values (
    %(campaign_id)s, %(stream)s, %(figures)s::jsonb, %(complete_through)s, %(gap)s::jsonb,
    %(members_seen)s, %(rows_read)s, now()
)
on conflict (campaign_id, stream) do update set
    gate = excluded.gate,
    complete_through = coalesce(excluded.complete_through, known.complete_through),
    gap = coalesce(excluded.gap, known.gap),
    members_seen = coalesce(excluded.members_seen, known.members_seen),
    rows_read = excluded.rows_read,
    read_at = excluded.read_at;
