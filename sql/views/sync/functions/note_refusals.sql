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
        -- Grouped, not joined: a join of these rows without a key would compare each with every other.
        select array_agg(list_id), array_agg(subscriber_hash) into lists, hashes
        from (
            select
                list_id,
                subscriber_hash,
                bool_or(not is_written) as was_there,
                min(cause) filter (where is_written) as cause,
                min(cause) filter (where not is_written) as former_cause,
                min(status) filter (where is_written) as status,
                min(status) filter (where not is_written) as former_status,
                bool_or(opted_out) filter (where is_written) as opted_out,
                bool_or(opted_out) filter (where not is_written) as had_opted_out
            from (
                select
                    list_id,
                    subscriber_hash,
                    cause,
                    status,
                    opted_out,
                    true as is_written
                from written
                where cause is not null or opted_out
                union all
                select
                    list_id,
                    subscriber_hash,
                    cause,
                    status,
                    opted_out,
                    false as is_written
                from replaced
            ) as each_side
            group by list_id, subscriber_hash
            having bool_or(is_written)
        ) as member
        where
            -- The person changed the address of the member: the refusal is at the new one, too.
            not was_there
            or (cause is not null and cause is distinct from former_cause)
            or (cause = 'cleaned' and status <> former_status)
            or (opted_out and not had_opted_out);
    end if;
    if lists is not null then
        perform sync.open_refusals(lists, hashes);
    end if;
    return null;
end
$$;
comment on function sync.note_refusals is
'Trigger: opens in sync.refusal the refusals that a statement wrote into sync.member.';
