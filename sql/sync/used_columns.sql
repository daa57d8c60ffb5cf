-- Columns of the contacts that the audience needs. An eligible contact has a value in them, or the audience
-- has them already.
select column_code.code
from unnest(%(codes)s::text[]) as column_code (code)
where
    exists (
        select from staging.verdict as verdict
        inner join staging.contact as contact
            on verdict.staging_id = contact.staging_id and verdict.contact_id = contact.contact_id
        where
            verdict.staging_id = %(staging_id)s
            and verdict.collection_id = %(collection_id)s
            and verdict.reason_code is null
            and jsonb_exists(contact.field_values, column_code.code)
    )
    or exists (
        select from sync.merge_field as field
        where field.list_id = %(list_id)s and field.field_code = column_code.code
    )
