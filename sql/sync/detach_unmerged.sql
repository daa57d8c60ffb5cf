-- Contacts that are no longer merged are persons of their own again. A merged contact that is gone from the
-- CRM stays merged: nothing says that the merge was undone. The same is true if a record in the middle is
-- gone.
delete from sync.refusal_contact as belongs
using refusing_contact as present
where
    belongs.merged_from = present.contact_id
    and not present.is_cut_off
    and not exists (
        select from staging.merged as merged
        where
            merged.staging_id = %(staging_id)s
            and merged.contact_id = belongs.contact_id
            and merged.merged_id = belongs.merged_from
    )
