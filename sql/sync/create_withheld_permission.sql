-- Addresses that get no marketing permission from a collection, because one of their contacts gave no
-- consent.
create temporary table if not exists withheld_permission (
    collection_id bigint not null,
    subscriber_hash text not null,
    primary key (collection_id, subscriber_hash)
)
