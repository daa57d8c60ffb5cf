-- Which columns of the contacts are to be carried: those that anybody has who is to be in the
-- audience, and those that it carries already.
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
