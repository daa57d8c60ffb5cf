-- A ranking: a domain that dropped out of it is no longer reported, so the rows are replaced.
with gone as (
    delete from stats.domain_performance as kept
    where
        kept.campaign_id = %(campaign_id)s
        and not exists (
            select 1 from landing_domains as landed
            where landed.domain = kept.domain
        )
)

insert into stats.domain_performance (
    campaign_id, domain, emails_sent, bounces, opens, clicks, unsubs, delivered, emails_pct,
    bounces_pct, opens_pct, clicks_pct, unsubs_pct, extra
)
select distinct on (landed.domain)
    %(campaign_id)s,
    landed.domain,
    landed.emails_sent,
    landed.bounces,
    landed.opens,
    landed.clicks,
    landed.unsubs,
    landed.delivered,
    landed.emails_pct,
    landed.bounces_pct,
    landed.opens_pct,
    landed.clicks_pct,
    landed.unsubs_pct,
    landed.extra
from landing_domains as landed
order by landed.domain
on conflict (campaign_id, domain) do update set
    emails_sent = excluded.emails_sent,
    bounces = excluded.bounces,
    opens = excluded.opens,
    clicks = excluded.clicks,
    unsubs = excluded.unsubs,
    delivered = excluded.delivered,
    emails_pct = excluded.emails_pct,
    bounces_pct = excluded.bounces_pct,
    opens_pct = excluded.opens_pct,
    clicks_pct = excluded.clicks_pct,
    unsubs_pct = excluded.unsubs_pct,
    extra = excluded.extra,
    read_at = now();
