-- Contacts with an open note about a changed address, and those that such a note was copied from.
select changed.contact_id
from sync.changed_address as changed
where changed.ended_at is null
union
select changed.copied_from
from sync.changed_address as changed
where changed.ended_at is null and changed.copied_from is not null
