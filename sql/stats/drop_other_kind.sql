-- A mail without a known parent was counted as a series before.
delete from stats.reconciliation as known
using stats.campaigns as campaign
where
    known.campaign_id = %(campaign_id)s
    and campaign.campaign_id = known.campaign_id
    and (known.metric = 'series_emails_sent') <> campaign.is_series
