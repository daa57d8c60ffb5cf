select stats.ensure_activity_month(months.month)
from (
    select distinct date_trunc('month', occurred_at at time zone 'UTC')::date as month
    from landing_activity
) as months
order by months.month;
