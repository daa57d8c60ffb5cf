-- Contacts with an open note of a changed address in an audience. No staged collection has them, so the CRM
-- may not have them any more.
select distinct changed.contact_id
from sync.changed_address as changed
where
    changed.list_id = %(list_id)s
    and changed.ended_at is null
    and changed.gone_since is null
    and not exists (
        select from staging.contact as staged
        where staged.staging_id = %(staging_id)s and staged.contact_id = changed.contact_id
    )
