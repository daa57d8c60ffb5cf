-- The persons that judge_refusals.sql is asked about. Each key has its contacts and address digests, and
-- other contacts that hold the same address.
create temporary table if not exists person_asked (
    key text not null,
    contact_id bigint,
    address_digest bytea,
    is_other boolean not null default false
)
