-- Run by the service bi-login of docker-compose.yaml at each start. Superset keeps its own tables there.
select 'create database superset' where not exists (select from pg_database where datname = 'superset') \gexec
