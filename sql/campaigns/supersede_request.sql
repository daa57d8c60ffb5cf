-- The gate has opened, or has closed for more reasons: the request ends.
update sync.campaign_release
set
    decision = 'superseded',
    decided_at = now()
where gate_id = %(gate_id)s and decision is null
