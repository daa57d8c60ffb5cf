-- Campaigns whose newest gate is closed: the question about it that waits, or that got a no. A no counts
-- while the same reasons are not asked about again.
with newest as (
    select distinct on (campaign_id)
        campaign_id,
        campaign_code,
        is_open,
        array(
            select reason ->> 'key'
            from jsonb_array_elements(reasons) as reason
        ) as keys
    from sync.campaign_gate
    where campaign_code = any(%(codes)s::text[])
    order by campaign_id asc, gate_id desc
)

select distinct on (newest.campaign_code)
    newest.campaign_code,
    release.gate_id,
    release.decided_at,
    release.expires_at
from newest
inner join sync.campaign_release as release on newest.campaign_id = release.campaign_id
where
    not newest.is_open
    and (release.decision is null or release.decision in ('rejected', 'timed_out'))
    and (release.expires_at is null or release.expires_at > now())
    and release.keys @> newest.keys
order by newest.campaign_code asc, release.gate_id desc
