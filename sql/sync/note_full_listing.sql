-- A full listing of an audience has ended. Own and former audiences have one each.
with former as (
    update sync.former_audience
    set fully_listed_at = %(listed_at)s
    where list_id = %(list_id)s
)

update sync.audience
set fully_listed_at = %(listed_at)s
where list_id = %(list_id)s
