-- Reasons that a person released for this campaign, while the release holds.
select
    release.release_id,
    release.keys
from sync.campaign_release as release
where
    release.campaign_id = %(campaign_id)s
    and release.decision = 'approved'
    and release.expires_at > now()
    -- An answer in the future was given under a clock that was ahead.
    and release.decided_at <= now() + interval '1 minute'
order by release.release_id
