-- Run once by the Postgres container, on an empty data folder. postgres is the superuser.
create database airflow;
create database warehouse;
create database crm;
