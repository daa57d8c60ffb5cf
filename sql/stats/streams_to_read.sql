select
    gate.stream,
    gate.figures::text,
    coalesce(stale.is_lacking, false) as is_lacking
from stats.stream_gate as gate
inner join stats.campaigns as campaign on gate.campaign_id = campaign.campaign_id
left join stats.stale_stream as stale
    on gate.campaign_id = stale.campaign_id and gate.stream = stale.stream
where
    campaign.campaign_id = %(campaign_id)s -- noqa: RF02
    and (
        stale.stream is not null
        or (
            %(from_start)s -- noqa: RF02
            and not gate.is_empty
        )
    );
