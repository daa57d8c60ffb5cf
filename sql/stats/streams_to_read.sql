select
    gate.stream,
    gate.figures::text
from stats.stream_gate as gate
inner join stats.campaigns as campaign on gate.campaign_id = campaign.campaign_id
where
    campaign.campaign_id = %(campaign_id)s -- noqa: RF02
    and case
        -- Events that retention has removed are not read again, whoever asks.
        when %(from_start)s -- noqa: RF02
            then
                not gate.is_empty
                and not (
                    campaign.events_expired_at is not null
                    and gate.stream in ('activity', 'proxy_opens')
                )
        else exists (
            select 1 from stats.stale_stream as stale
            where stale.campaign_id = gate.campaign_id and stale.stream = gate.stream
        )
    end;
