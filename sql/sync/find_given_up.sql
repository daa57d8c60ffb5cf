-- Addresses that people gave up: in Mailchimp they chose another one. They are not added anywhere again, as
-- long as the CRM has them. A member of the same person at the address stays, also if the collection moves.
-- A chosen address that gets no mail says nothing about the old one.
insert into given_up (contact_id, old_hash)
with
-- Audiences that the collection has or had. A shared audience has those of its collections.
used_audience as (
    select used.list_id
    from sync.audience_use as used
    where used.collection_id = %(collection_id)s
    union
    select used.list_id
    from sync.staged_collection as part
    inner join sync.audience_use as used on part.collection_id = used.collection_id
    where
        %(is_shared_audience)s
        and part.staging_id = %(staging_id)s
        and part.shared_id = %(collection_id)s
)

select distinct
    changed.contact_id,
    changed.old_hash
from sync.changed_address as changed
inner join staging.verdict as verdict
    on
        verdict.staging_id = %(staging_id)s
        and verdict.collection_id = %(collection_id)s
        and changed.contact_id = verdict.contact_id
        and changed.old_hash = verdict.subscriber_hash
where
    changed.ended_at is null
    and coalesce(verdict.reason_code, 'duplicate_email') = 'duplicate_email'
    and not exists (
        select from sync.member as present
        where
            present.subscriber_hash = changed.old_hash
            and sync.may_be_mailed(present.status)
            and case
                when present.list_id = %(list_id)s
                    then
                        present.contact_id is null
                        or present.contact_id in (changed.contact_id, changed.copied_from)
                        or exists (
                            select from staging.merged as merged
                            where
                                merged.staging_id = %(staging_id)s
                                and merged.contact_id = changed.contact_id
                                and merged.merged_id = present.contact_id
                        )
                else
                    present.contact_id in (changed.contact_id, changed.copied_from)
                    and exists (
                        select from used_audience as used
                        where used.list_id = present.list_id
                    )
                    and not exists (
                        select from sync.changed_address as there
                        where
                            there.list_id = present.list_id
                            and there.contact_id = changed.contact_id
                            and there.old_hash = changed.old_hash
                            and there.ended_at is null
                    )
            end
    )
    and not exists (
        select from sync.member as chosen
        where
            chosen.subscriber_hash = changed.new_hash
            and (chosen.status = 'cleaned' or chosen.cause in ('cleaned', 'rejected'))
            and chosen.cause is distinct from 'forgotten'
    )
