-- If a later sync of the collection succeeded without asking, its request needs no decision any more.
update sync.removal_request as request
set decision = 'superseded', decided_at = now()
where
    request.decided_at is null
    and exists (
        select from sync.collection_run
        where
            collection_run.collection_code = request.collection_code
            and collection_run.state = 'succeeded'
            and collection_run.started_at > request.requested_at
    )
