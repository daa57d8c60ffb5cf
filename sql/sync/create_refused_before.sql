-- Refusals that held for the collections of a preview before it began.
create temporary table if not exists refused_before (
    refusal_id bigint not null,
    collection_id bigint not null,
    primary key (refusal_id, collection_id)
)
