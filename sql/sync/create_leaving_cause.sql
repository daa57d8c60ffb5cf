-- Why members of a shared audience may have to leave it, if no collection wants them.
create temporary table if not exists leaving_cause (
    subscriber_hash text not null,
    collection_id bigint,
    cause text not null
)
