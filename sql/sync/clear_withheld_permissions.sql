-- Prepares find_withheld_permissions.sql.
delete from withheld_permission
where collection_id = %(collection_id)s
