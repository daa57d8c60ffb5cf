-- A ranking: a place that dropped out of it is no longer reported, so the rows are replaced.
with landed as (
    select distinct on (coalesce(country_code, ''), coalesce(region, ''))
        coalesce(country_code, '') as country_code,
        coalesce(region, '') as region,
        region_name,
        coalesce(opens, 0) as opens,
        extra
    from landing_locations
    order by coalesce(country_code, ''), coalesce(region, '')
),

gone as (
    delete from stats.open_locations as kept
    where
        kept.campaign_id = %(campaign_id)s
        and not exists (
            select 1 from landed
            where landed.country_code = kept.country_code and landed.region = kept.region
        )
)

insert into stats.open_locations (campaign_id, country_code, region, region_name, opens, extra)
select
    %(campaign_id)s,
    landed.country_code,
    landed.region,
    landed.region_name,
    landed.opens,
    landed.extra
from landed
on conflict (campaign_id, country_code, region) do update set
    region_name = excluded.region_name,
    opens = excluded.opens,
    extra = excluded.extra,
    read_at = now();
