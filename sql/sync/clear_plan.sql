delete from staging.plan
where staging_id = %(staging_id)s and collection_id = %(collection_id)s
