-- A contact that was merged into one of present_now is the same person.
insert into present_now (subscriber_hash, contact_id)
select
    present.subscriber_hash,
    merged.merged_id as contact_id
from present_now as present
inner join staging.merged as merged
    on merged.staging_id = %(staging_id)s and present.contact_id = merged.contact_id
