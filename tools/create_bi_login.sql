-- Run by the service bi-login of docker-compose.yaml at each start, by psql 15 or later.
\getenv password BI_PASSWORD
select 'create role bi login' where not exists (select from pg_roles where rolname = 'bi') \gexec
alter role bi password :'password';
