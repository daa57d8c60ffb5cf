update mart.setting
set rebuild = false, refreshed_at = clock_timestamp();
