-- A refusal of a merged contact also belongs to the contact into which it was merged. It stays with that
-- contact when the merged contact is gone from the CRM.
insert into sync.refusal_contact (refusal_id, contact_id, merged_from)
select distinct on (belongs.refusal_id, merged.contact_id)
    belongs.refusal_id,
    merged.contact_id,
    merged.merged_id
from sync.refusal_contact as belongs
inner join staging.merged as merged
    on merged.staging_id = %(staging_id)s and belongs.contact_id = merged.merged_id
order by
    belongs.refusal_id asc, merged.contact_id asc, belongs.merged_from is not null asc, merged.merged_id asc
on conflict (refusal_id, contact_id) do nothing
