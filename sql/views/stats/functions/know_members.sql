-- Runs before rows are loaded, in the same transaction. The rows are in the order of the key. So loads of
-- several campaigns of one audience wait for each other, and never in a circle.
create or replace function stats.know_members(landing regclass, of_campaign_id text) returns void
language plpgsql as $$
begin
    execute format(
        $query$
        update %s as landed
        set list_id = campaign.list_id
        from stats.campaigns as campaign
        where landed.list_id is null and campaign.campaign_id = $1
        $query$,
        landing
    )
    using of_campaign_id;
    execute format(
        $query$
        with named as (
            select distinct landed.list_id, landed.subscriber_hash
            from %s as landed
            where landed.list_id is not null
        ),

        audience as (
            insert into stats.lists (list_id)
            select distinct named.list_id
            from named
            on conflict (list_id) do nothing
        )

        insert into stats.members (list_id, subscriber_hash)
        select named.list_id, named.subscriber_hash
        from named
        where not exists (
            select from stats.members as known
            where known.list_id = named.list_id and known.subscriber_hash = named.subscriber_hash
        )
        order by named.list_id, named.subscriber_hash
        on conflict (list_id, subscriber_hash) do nothing
        $query$,
        landing
    );
end
$$;
comment on function stats.know_members is
'Creates the rows of stats.members that a landing table refers to. A row without an audience gets the '
'campaign''s audience.';
