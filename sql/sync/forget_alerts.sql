-- Removes alerts of troubles that are over, so that a new one causes an alert at once.
delete from sync.alert
where alert.state = %(state)s and not alert.collection_code = any(%(codes)s::text[])
