update stats.stream_state
set reconciled_at = now()
where campaign_id = %(campaign_id)s and reconciled_at is null;
