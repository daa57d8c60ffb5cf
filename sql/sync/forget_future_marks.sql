-- Marks of an audience that lie in the future come from a clock that was ahead: they count as never. Without
-- this, nobody would look there until that time has come.
with look as (
    delete from sync.audience_look
    where list_id = %(list_id)s and looked_at > now() + interval '1 minute'
),

former as (
    update sync.former_audience
    set
        fully_listed_at = case when fully_listed_at <= now() + interval '1 minute' then fully_listed_at end,
        pulled_through = case when pulled_through <= now() + interval '1 day' then pulled_through end
    where
        list_id = %(list_id)s
        and (fully_listed_at > now() + interval '1 minute' or pulled_through > now() + interval '1 day')
)

update sync.audience
set
    fully_listed_at = case when fully_listed_at <= now() + interval '1 minute' then fully_listed_at end,
    -- The time is Mailchimp's, so the clocks of two systems are compared.
    pulled_through = case when pulled_through <= now() + interval '1 day' then pulled_through end
where
    list_id = %(list_id)s
    and (fully_listed_at > now() + interval '1 minute' or pulled_through > now() + interval '1 day')
