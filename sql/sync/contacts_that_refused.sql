-- Contacts with a refusal that still holds, and the merged contacts that a refusal came from.
select belongs.contact_id
from sync.refusal_contact as belongs
inner join sync.refusal as refusal on belongs.refusal_id = refusal.refusal_id
where refusal.ended_at is null
union
select belongs.merged_from
from sync.refusal_contact as belongs
inner join sync.refusal as refusal on belongs.refusal_id = refusal.refusal_id
where refusal.ended_at is null and belongs.merged_from is not null
