insert into stats.report_listing (account, began_at) values (%(account)s, %(began_at)s)
on conflict (account, began_at) do nothing;
