-- The gate has opened, or closed for more: nobody is asked any longer.
update sync.campaign_release
set
    decision = 'superseded',
    decided_at = now()
where gate_id = %(gate_id)s and decision is null
