-- Removes intents that had no effect. We just looked at everything and no batch is under way, so these
-- calls were never carried out. A batch whose start got no answer is waited for at most a day.
with given_up as (
    delete from sync.open_batch
    where
        list_id = %(list_id)s
        and ticket is null
        and started_at not between now() - interval '1 day' and now() + interval '1 day'
    returning list_id
)

update sync.member
set intended_action = null, intended_cause = null
where
    list_id = %(list_id)s
    and intended_action is not null
    and not exists (
        select from sync.open_batch as batch
        where
            batch.list_id = %(list_id)s
            and not exists (select from given_up)
    )
