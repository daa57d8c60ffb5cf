-- Before a plan is made: the last one goes, and verdicts take the member ids that mailchimp uses.
with renamed as (
    update staging.verdict as verdict
    set subscriber_hash = alias.subscriber_hash
    from sync.subscriber_alias as alias
    where
        verdict.staging_id = %(staging_id)s
        and verdict.collection_id = %(collection_id)s
        and verdict.subscriber_hash = alias.address_hash
)

delete from staging.plan
where staging_id = %(staging_id)s and collection_id = %(collection_id)s
