-- Which marketing permission of an audience counts, before a preview may let another one count.
select
    mapped.permission_id,
    coalesce(
        (
            select max(refusal.refusal_id) from sync.refusal as refusal
            where refusal.list_id = mapped.list_id and refusal.kind = 'permission_taken_back'
        ), 0
    ) as refusal_id
from sync.gdpr_audience as mapped
where mapped.list_id = %(list_id)s
