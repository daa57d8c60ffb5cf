-- What a look-up found.
update sync.person_lookup
set was_known = %(was_known)s
where lookup_id = %(lookup_id)s;
