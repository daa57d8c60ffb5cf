-- The state is older than Mailchimp, where a collection has another audience by now. What happened in the
-- audiences that the state knows is judged as after a loss.
with tag as (
    update sync.tag
    set found_through = 'infinity'
    where
        collection_id = %(collection_id)s
        and list_id <> all(%(present)s::text[])
        and arrived_at is null
        and found_through is null
)

update sync.former_audience
set found_through = 'infinity'
where
    collection_id = %(collection_id)s
    and list_id <> all(%(present)s::text[])
    and deleted_at is null
    and found_through is null
