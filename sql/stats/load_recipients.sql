-- Pages shift while we read a campaign, so a recipient may come twice. A recipient that was deleted since
-- keeps their row. A report may count more mails than the last reading of this list. Those mails were sent
-- after that reading, and after the last look at which the report did not count them.
with known as (
    select
        known.read_at,
        (known.gate ->> 0)::bigint as emails_sent
    from stats.stream_state as known
    where known.campaign_id = %(campaign_id)s and known.stream = 'recipients'
),

snapshot as (
    select
        known.read_at,
        max(report.taken_at) filter (where report.emails_sent <= known.emails_sent) as same_at,
        min(report.taken_at) filter (where report.emails_sent > known.emails_sent) as more_at
    from stats.report_snapshots as report
    cross join known
    where report.campaign_id = %(campaign_id)s
    group by known.read_at
),

sending as (
    select
        greatest(
            snapshot.read_at,
            snapshot.same_at,
            (
                select max(listing.began_at)
                from stats.report_listing as listing
                inner join stats.campaigns as campaign on listing.account = campaign.account
                where campaign.campaign_id = %(campaign_id)s and listing.ended_at < snapshot.more_at
            )
        ) as sent_after
    from snapshot
    where snapshot.more_at is not null
)

insert into stats.campaign_recipients as kept (
    campaign_id, subscriber_hash, list_id, delivery_status, absplit_group, gmt_offset, extra,
    sent_after
)
select distinct on (landed.subscriber_hash)
    %(campaign_id)s,
    landed.subscriber_hash,
    landed.list_id,
    landed.delivery_status,
    landed.absplit_group,
    landed.gmt_offset::integer,
    landed.extra,
    sending.sent_after
from landing_recipients as landed
left join sending on true
order by landed.subscriber_hash
on conflict (campaign_id, subscriber_hash) do update set
    list_id = excluded.list_id,
    delivery_status = excluded.delivery_status,
    absplit_group = excluded.absplit_group,
    gmt_offset = excluded.gmt_offset,
    extra = excluded.extra,
    changed_at = clock_timestamp()
where
(kept.list_id, kept.delivery_status, kept.absplit_group, kept.gmt_offset, kept.extra)
is distinct from (
    excluded.list_id, excluded.delivery_status, excluded.absplit_group, excluded.gmt_offset,
    excluded.extra
);
