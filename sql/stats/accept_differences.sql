insert into stats.accepted_difference (
    campaign_id, metric, accepted_by, reason, ours, mailchimps, accepted, holds
)
select
    found.campaign_id,
    found.metric,
    %(accepted_by)s,
    %(reason)s,
    found.ours,
    found.mailchimps,
    found.accepted + found.unexplained as accepted,
    found.accepted + found.unexplained as holds
from stats.reconciliation as found
inner join stats.campaigns as campaign on found.campaign_id = campaign.campaign_id
where
    found.unexplained <> 0
    and (cardinality(%(campaigns)s::text[]) = 0 or found.campaign_id = any(%(campaigns)s::text[]))
    and (%(since)s::timestamptz is null or campaign.sent_at >= %(since)s::timestamptz)
    and (%(until)s::timestamptz is null or campaign.sent_at < %(until)s::timestamptz)
returning campaign_id;
