-- A contact that is a record of its own again keeps its note. The copy that another contact got goes.
delete from sync.changed_address as changed
using unnest(%(contact_ids)s::bigint[]) as own (contact_id)
where changed.copied_from = own.contact_id
