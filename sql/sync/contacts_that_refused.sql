-- Contacts to which a refusal belongs that still holds, and those through whose merging it does.
select belongs.contact_id
from sync.refusal_contact as belongs
inner join sync.refusal as refusal on belongs.refusal_id = refusal.refusal_id
where refusal.ended_at is null
union
select belongs.merged_from
from sync.refusal_contact as belongs
inner join sync.refusal as refusal on belongs.refusal_id = refusal.refusal_id
where refusal.ended_at is null and belongs.merged_from is not null
