-- The CRM has another address since then, so the note ends, wherever the person changed it.
update sync.changed_address as changed
set ended_at = now()
from staging.verdict as verdict
left join sync.subscriber_alias as alias on sync.subscriber_hash(verdict.address_key) = alias.address_hash
where
    verdict.staging_id = %(staging_id)s
    and verdict.collection_id = %(collection_id)s
    and changed.contact_id = verdict.contact_id
    and changed.ended_at is null
    and verdict.address_key is not null
    and changed.old_hash <> coalesce(alias.subscriber_hash, sync.subscriber_hash(verdict.address_key))
