-- A person is being looked up: the row is there before anything is shown.
insert into sync.person_lookup (looked_up_by, kind, digest)
values (%(looked_up_by)s, %(kind)s, %(digest)s)
returning lookup_id;
