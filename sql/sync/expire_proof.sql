-- A proof that justifies a member now has no end, and stays.
delete from sync.consent_proof
where proof_id in (
    select proof_id from sync.consent_proof
    where ended_at < %(now)s::timestamptz - make_interval(days => %(days)s)
    limit %(batch)s
)
