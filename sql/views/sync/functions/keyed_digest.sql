create or replace function sync.keyed_digest(inner_pad bytea, outer_pad bytea, message text) returns bytea
language sql immutable as $$
    select sha256(outer_pad || sha256(inner_pad || convert_to(message, 'UTF8')))
$$;
comment on function sync.keyed_digest is 'HMAC-SHA-256 of a text, with pads 54 and 92 of sync.hmac_pad.';
