create or replace function mart.note_flagged_events() returns trigger
language plpgsql as $$
begin
    insert into mart.changed_campaign (campaign_id)
    select distinct campaign_id
    from (
        select
            campaign_id, subscriber_hash, action, occurred_at, url_key, ordinal, is_proxy_open, bot_rule
        from after_change
        except
        select
            campaign_id, subscriber_hash, action, occurred_at, url_key, ordinal, is_proxy_open, bot_rule
        from before_change
    ) as other;
    return null;
end
$$;
comment on function mart.note_flagged_events is
'Trigger: notes the campaigns of events whose counts change. It ignores an IP address that retention '
'clears.';
