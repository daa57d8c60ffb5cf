-- Closes rows whose reason no longer applies. A changed reason closes the row too.
update sync.quarantine
set resolved_at = now()
where
    quarantine.collection_code = %(collection_code)s
    and quarantine.resolved_at is null
    and case
        when quarantine.reason_code = 'invalid_field_value'
            then not exists (
                select from staging.verdict
                where
                    verdict.staging_id = %(staging_id)s
                    and verdict.collection_id = %(collection_id)s
                    and verdict.contact_id = quarantine.contact_id
                    and verdict.reason_code is null
            )
            -- As long as the member is there, it has no value in that field.
            and not exists (
                select from sync.collection_audience as audience
                inner join sync.member as member on audience.list_id = member.list_id
                where
                    audience.collection_id = %(collection_id)s
                    and member.contact_id = quarantine.contact_id
                    and sync.may_be_mailed(member.status)
            )
        when quarantine.reason_code = 'address_changed'
            then not exists (
                select from sync.changed_address as changed
                inner join sync.collection_audience as audience
                    on
                        changed.list_id = audience.list_id
                        and audience.collection_id = %(collection_id)s
                where
                    changed.contact_id = quarantine.contact_id
                    and changed.ended_at is null
                    -- The note of a contact that is gone or merged followed its person.
                    and changed.gone_since is null
                    and not exists (
                        select from staging.merged as merged
                        where
                            merged.staging_id = %(staging_id)s
                            and merged.merged_id = changed.contact_id
                    )
            )
        else not exists (
            select from sync.held_back
            where
                held_back.staging_id = %(staging_id)s
                and held_back.collection_id = %(collection_id)s
                and held_back.contact_id = quarantine.contact_id
                and held_back.reason_code = quarantine.reason_code
        )
    end
