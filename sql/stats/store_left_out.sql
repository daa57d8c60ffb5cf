-- A part of a stream leaves the rows of earlier readings as they are. Which of them it saw again nobody
-- knows, so the greater count holds. If that is too few, the stream is read from its start.
insert into stats.left_out as known (campaign_id, stream, problem, left_out_rows, hides)
values (%(campaign_id)s, %(stream)s, %(problem)s, %(rows)s, %(hides)s)
on conflict (campaign_id, stream, problem) do update set
    left_out_rows = greatest(known.left_out_rows, excluded.left_out_rows),
    hides = (
        select coalesce(jsonb_object_agg(hidden.metric, hidden.amount), '{}')
        from (
            select
                both_hide.metric,
                max(both_hide.amount::bigint) as amount
            from unnest(array[known.hides, excluded.hides]) as reading (hides) -- noqa: RF01
            cross join jsonb_each_text(reading.hides) as both_hide (metric, amount)
            group by both_hide.metric
        ) as hidden
    ),
    read_at = now();
