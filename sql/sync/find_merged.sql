-- Contacts that were merged into one of these, by the newest stagings and the refusals.
select merged.merged_id
from staging.merged as merged
inner join sync.newest_staging as newest on merged.staging_id = newest.staging_id
where merged.contact_id = any(%(contact_ids)s::bigint[])
union
select belongs.merged_from as merged_id
from sync.refusal_contact as belongs
where belongs.contact_id = any(%(contact_ids)s::bigint[]) and belongs.merged_from is not null
