-- The marketing permissions that answers about members show: their audiences have GDPR fields.
with shown as (
    select
        permission.list_id,
        permission.permission_id,
        permission.permission_text
    from
        unnest(%(list_ids)s::text[], %(permission_ids)s::text[], %(texts)s::text[])
            as permission (list_id, permission_id, permission_text)
),

noted as (
    insert into sync.gdpr_audience as audience (list_id)
    select distinct list_id from shown
    on conflict (
        list_id) do update set is_on = true
    where not audience.is_on
)

insert into sync.marketing_permission as known (list_id, permission_id, permission_text)
select
    shown.list_id,
    shown.permission_id,
    shown.permission_text
from shown
on conflict (list_id, permission_id) do update set
    permission_text = excluded.permission_text,
    seen_at = now()
where known.permission_text <> excluded.permission_text
