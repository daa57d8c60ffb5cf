-- The first decision counts.
update sync.removal_request
set decision = %(decision)s, decided_at = now(), decided_by = %(decided_by)s
where plan_id = %(plan_id)s and decided_at is null
