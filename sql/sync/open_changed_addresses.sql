-- Members whose address the person changed in Mailchimp, while the CRM has the old one. The contact stays a
-- member.
insert into sync.quarantine (
    collection_code, contact_id, reason_code, detail, first_seen_at, last_seen_at
)
select
    %(collection_code)s,
    changed.contact_id,
    'address_changed' as reason_code,
    format('changed %%s', to_char(min(changed.changed_at) at time zone 'UTC', 'YYYY-MM-DD HH24:MI'))
        as detail,
    now() as first_seen_at,
    now() as last_seen_at
from sync.changed_address as changed
inner join sync.collection_audience as audience
    on changed.list_id = audience.list_id and audience.collection_id = %(collection_id)s
where
    changed.ended_at is null
    and changed.gone_since is null
    and not exists (
        select from staging.merged as merged
        where merged.staging_id = %(staging_id)s and merged.merged_id = changed.contact_id
    )
    -- Of a shared audience only contacts of this collection. A note may come from another contact: then the
    -- same holds.
    and (
        (audience.shared_id is null and changed.copied_from is null)
        or exists (
            select from staging.verdict as verdict
            where
                verdict.staging_id = %(staging_id)s
                and verdict.collection_id = %(collection_id)s
                and verdict.contact_id = changed.contact_id
        )
    )
group by changed.contact_id
on conflict (collection_code, contact_id)
where resolved_at is null and reason_code = 'address_changed'
do update set detail = excluded.detail, last_seen_at = excluded.last_seen_at
