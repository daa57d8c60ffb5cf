-- The persons of first_asked are asked to confirm, as if the shared audience had their refusals.
with known as (
    update refusal_found
    set must_confirm = true
    from first_asked
    where refusal_found.key = first_asked.contact_id::text and not first_asked.only_new
    returning refusal_found.key
)

insert into refusal_found (key, is_refused_by_other, must_confirm)
select
    first_asked.contact_id::text as key,
    false as is_refused_by_other,
    true as must_confirm
from first_asked
where
    not first_asked.only_new
    and not exists (
        select from known
        where known.key = first_asked.contact_id::text
    )
