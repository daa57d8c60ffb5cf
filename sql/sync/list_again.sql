-- Somebody could not be looked up in an audience: only a full listing finds each such member again.
with former as (
    update sync.former_audience
    set fully_listed_at = null
    where list_id = %(list_id)s
)

update sync.audience
-- Null would mean that we know nothing of the audience yet.
set fully_listed_at = to_timestamp(0)
where list_id = %(list_id)s and fully_listed_at is not null
