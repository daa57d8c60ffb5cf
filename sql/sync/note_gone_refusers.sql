-- Which contacts that refused are gone from the CRM: their addresses were searched for once.
with found as (
    update sync.refusal_contact as belongs
    set gone_since = null
    from refusing_contact as present
    where belongs.contact_id = present.contact_id and belongs.gone_since is not null
)

update sync.refusal_contact as belongs
set gone_since = %(clock)s
from sync.refusal as refusal
where
    belongs.refusal_id = refusal.refusal_id
    and refusal.ended_at is null
    and belongs.gone_since is null
    and not exists (
        select from refusing_contact as present
        where present.contact_id = belongs.contact_id
    )
