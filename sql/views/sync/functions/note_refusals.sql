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
    -- Most statements write members without any cause.
    elsif exists (select from written where cause is not null or opted_out) then
        select array_agg(list_id), array_agg(subscriber_hash) into lists, hashes
        from (
            -- Grouped, and not joined. A session that looks rows up by their keys would compare each new
            -- row with each old one (key_lookups.py).
            select
                list_id,
                subscriber_hash,
                bool_or(is_old) as was_there,
                max(cause) filter (where not is_old) as cause,
                max(status) filter (where not is_old) as status,
                bool_or(opted_out) filter (where not is_old) as opted_out,
                max(cause) filter (where is_old) as cause_before,
                max(status) filter (where is_old) as status_before,
                bool_or(opted_out) filter (where is_old) as had_opted_out
            from (
                select list_id, subscriber_hash, cause, status, opted_out, false as is_old
                from written
                union all
                select list_id, subscriber_hash, cause, status, opted_out, true as is_old
                from replaced
            ) as version
            group by list_id, subscriber_hash
        ) as member
        where
            -- The person changed the address of the member: the refusal is at the new one, too.
            (not was_there and (cause is not null or opted_out))
            or (cause is not null and cause is distinct from cause_before)
            or (cause = 'cleaned' and status <> status_before)
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
