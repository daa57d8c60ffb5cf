-- HMAC in plain SQL, so that digests are compared in the database. RFC 2104: the key is padded to 64 bytes,
-- and xored with 0x36 (inner) and 0x5c (outer).
create or replace function sync.hmac_pad(pad integer) returns bytea
language sql stable as $$
    select decode(
        string_agg(
            lpad(to_hex(get_byte(padded.hmac_key, place.number) # pad), 2, '0'), '' order by place.number
        ),
        'hex'
    )
    from (
        select hmac_key || decode(repeat('00', 64 - length(hmac_key)), 'hex') as hmac_key
        from sync.suppression_key
    ) as padded
    cross join generate_series(0, 63) as place (number)
$$;
comment on function sync.hmac_pad is
'The suppression key, padded to 64 bytes and xored with one byte; null without the key.';
