select
    gate.stream,
    gate.figures::text,
    coalesce(stale.is_lacking, false) as is_lacking
from stats.stream_gate as gate
left join stats.stale_stream as stale
    on gate.campaign_id = stale.campaign_id and gate.stream = stale.stream
where
    gate.campaign_id = %(campaign_id)s -- noqa: RF02
    and (
        stale.stream is not null
        or (
            %(from_start)s -- noqa: RF02
            and not gate.is_empty
        )
    );
