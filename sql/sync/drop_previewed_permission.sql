-- A preview let another permission count (mark_taken_back.sql). Who took that one back refuses nothing yet.
delete from sync.refusal as refusal
using sync.gdpr_audience as mapped
where
    mapped.list_id = %(list_id)s
    and mapped.permission_id is distinct from %(permission_id)s
    and refusal.list_id = mapped.list_id
    and refusal.kind = 'permission_taken_back'
    and refusal.permission_id = mapped.permission_id
    and refusal.refusal_id > %(refusal_id)s
