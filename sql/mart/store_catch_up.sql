update mart.setting
set caught_up_to = coalesce(%(through)s, caught_up_to), refreshed_at = clock_timestamp();
