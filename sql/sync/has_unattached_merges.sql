-- Whether a refusal of a merged contact does not belong to the contact into which it was merged.
select count(*) > 0 as has_some
from (
    select
    from sync.refusal_contact as belongs
    inner join staging.merged as merged
        on merged.staging_id = %(staging_id)s and belongs.contact_id = merged.merged_id
    left join sync.refusal_contact as attached
        on belongs.refusal_id = attached.refusal_id and merged.contact_id = attached.contact_id
    where attached.refusal_id is null
    limit 1
) as unattached
