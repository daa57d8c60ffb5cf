-- Whether our events miss more of any total than after the last reading from the start.
with held as (
    select
        coalesce(sum(opens), 0) as opens,
        coalesce(sum(clicks), 0) as clicks,
        coalesce(sum(hard_bounces), 0) as hard_bounces,
        coalesce(sum(soft_bounces), 0) as soft_bounces
    from stats.recipient_engagement
    where campaign_id = %(campaign_id)s
)

select bool_or(metric.missing > greatest(0, coalesce((known.gap ->> metric.name)::bigint, 0))) as has_grown
from stats.latest_report as report
cross join held
left join stats.stream_state as known
    on report.campaign_id = known.campaign_id and known.stream = 'activity'
cross join
    lateral (
        values
        ('opens_total', report.opens_total - held.opens),
        ('clicks_total', report.clicks_total - held.clicks),
        ('hard_bounces', report.hard_bounces - held.hard_bounces),
        ('soft_bounces', report.soft_bounces - held.soft_bounces)
    ) as metric (name, missing)
where report.campaign_id = %(campaign_id)s; -- noqa: RF02
