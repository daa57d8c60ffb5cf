-- Events are stored about in the order of their times. So this small index finds a day of them. Without it,
-- Postgres reads the whole month.
create index on stats.campaign_activities using brin (occurred_at) with (pages_per_range = 32);
