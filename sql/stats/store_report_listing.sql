insert into stats.report_listing (began_at) values (%(began_at)s)
on conflict (began_at) do nothing;
