-- Postgres inlines it, so that an index or a hash join serves as for md5 itself.
create or replace function sync.subscriber_hash(address_key text) returns text
language sql immutable parallel safe as $$
    select md5(address_key)
$$;
comment on function sync.subscriber_hash is
'Mailchimp''s member id of an address in normal form; the same as subscriber_hash of address.py.';
