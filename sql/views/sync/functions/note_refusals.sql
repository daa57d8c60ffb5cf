-- Runs after each statement that writes sync.member, so that no statement can miss a refusal.
create or replace function sync.note_refusals() returns trigger
language plpgsql as $$
declare
    lists text[];
    hashes text[];
begin
    if tg_op = 'INSERT' then
        select array_agg(list_id), array_agg(subscriber_hash) into lists, hashes
        from written
        where cause is not null or opted_out;
    else
        select array_agg(written.list_id), array_agg(written.subscriber_hash) into lists, hashes
        from written
        left join replaced
            on written.list_id = replaced.list_id and written.subscriber_hash = replaced.subscriber_hash
        where
            -- The person changed the address of the member: the refusal is at the new one, too.
            (replaced.list_id is null and (written.cause is not null or written.opted_out))
            or (written.cause is not null and written.cause is distinct from replaced.cause)
            or (written.cause = 'cleaned' and written.status <> replaced.status)
            or (written.opted_out and not replaced.opted_out);
    end if;
    if lists is not null then
        perform sync.open_refusals(lists, hashes);
    end if;
    return null;
end
$$;
comment on function sync.note_refusals is
'Trigger: opens in sync.refusal the refusals that a statement wrote into sync.member.';
