update sync.collection_run
set added = %(added)s, updated = %(updated)s, removed = %(removed)s, rejected = %(rejected)s
where run_id = %(run_id)s and collection_code = %(collection_code)s
