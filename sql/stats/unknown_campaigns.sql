select asked.campaign_id
from unnest(%(campaigns)s::text[]) as asked (campaign_id)
where
    not exists (
        select 1 from stats.report_snapshots as snapshot
        where snapshot.campaign_id = asked.campaign_id
    );
