-- Runs in the transaction that loads the landed rows. An erasure that begins now waits for its commit, and
-- then removes those rows itself.
create or replace function stats.drop_erased(landing regclass, of_campaign_id text) returns bigint
language plpgsql as $$
declare
    dropped bigint := 0;
begin
    lock table sync.erased_subscriber in share mode;
    if exists (select from sync.erased_subscriber) then
        execute format(
            $query$
            delete from %s as landed
            using
                sync.erased_subscriber as erased,
                (select sync.hmac_pad(54) as inner_pad, sync.hmac_pad(92) as outer_pad) as pads,
                stats.campaigns as campaign
            where
                erased.digest = sync.keyed_digest(
                    pads.inner_pad, pads.outer_pad, 'subscriber:' || landed.subscriber_hash
                )
                and campaign.campaign_id = $1
                and (
                    campaign.sent_at is null
                    or erased.erased_at is null
                    or campaign.sent_at <= erased.erased_at
                )
            $query$,
            landing
        )
        using of_campaign_id;
        get diagnostics dropped = row_count;
    end if;
    return dropped;
end
$$;
comment on function stats.drop_erased is
'Deletes the rows of erased persons from a landing table, unless they signed up again before the campaign.';
