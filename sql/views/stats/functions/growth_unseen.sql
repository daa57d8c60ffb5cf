-- A deleted member may have acted after our last reading of the events, before we found the member missing.
-- Such members cannot have done more than the growth of the totals in that time.
create or replace function stats.growth_unseen(campaign text)
returns table (opens numeric, human_opens numeric, clicks numeric, pairs numeric)
language sql stable as $$
with unseen as (
    select unnest(range_agg(tstzrange(recipient.gone_after, recipient.gone_at))) as span
    from stats.campaign_recipients as recipient
    where recipient.campaign_id = campaign and recipient.gone_at is not null
)

select
    coalesce(sum(late.opens_total - coalesce(early.opens_total, 0)), 0) as opens,
    coalesce(sum(late.proxy_excluded_opens - coalesce(early.proxy_excluded_opens, 0)), 0) as human_opens,
    coalesce(sum(late.clicks_total - coalesce(early.clicks_total, 0)), 0) as clicks,
    coalesce(sum(late.unique_clicks - coalesce(early.unique_clicks, 0)), 0) as pairs
from unseen
left join lateral (
    select snapshot.*
    from stats.report_snapshots as snapshot
    where snapshot.campaign_id = campaign and snapshot.taken_at <= lower(unseen.span)
    order by snapshot.taken_at desc
    limit 1
) as early on true
left join lateral (
    select snapshot.*
    from stats.report_snapshots as snapshot
    where snapshot.campaign_id = campaign and snapshot.taken_at <= upper(unseen.span)
    order by snapshot.taken_at desc
    limit 1
) as late on true
$$;
comment on function stats.growth_unseen is
'Mailchimp''s totals of one campaign: how much they grew while deleted members went unseen.';
