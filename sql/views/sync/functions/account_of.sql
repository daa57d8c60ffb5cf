-- The account of an audience that the map knows, now or from before.
create or replace function sync.account_of(audience_id text) returns text
language sql stable as $$
    select coalesce(
        (select min(account) from sync.audience where list_id = audience_id),
        (select account from sync.former_audience where list_id = audience_id),
        'mailchimp_default'
    )
$$;
comment on function sync.account_of is
'Mailchimp account of an audience that is, or was, a collection''s; otherwise the default account.';
