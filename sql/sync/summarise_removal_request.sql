with requested as (
    select
        cause,
        contact_id,
        row_number() over by_contact as place,
        contact_id is not null and row_number() over by_contact <= %(most_ids)s as is_shown
    from sync.removal_request_member
    where plan_id = %(plan_id)s
    window by_contact as (partition by cause order by contact_id asc nulls last)
)

select
    requested.cause,
    reason.explanation,
    count(*) as members,
    array_agg(requested.contact_id order by requested.place) filter (where requested.is_shown) as contact_ids
from requested
left join sync.reason as reason on requested.cause = reason.reason_code
group by requested.cause, reason.explanation
order by count(*) desc, requested.cause asc
