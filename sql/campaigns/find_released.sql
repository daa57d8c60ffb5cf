-- Reasons that a person released for this campaign, while the release holds.
select
    release.release_id,
    release.keys
from sync.campaign_release as release
where
    release.campaign_id = %(campaign_id)s
    and release.decision = 'approved'
    and release.expires_at > now()
order by release.release_id
