create temporary table if not exists observed_member (
    list_id text,
    subscriber_hash text,
    address_hash text,
    status text,
    unsubscribed_by text,
    last_changed timestamptz,
    origin text,
    contact_id bigint,
    remote_contact_id text,
    given_permissions text[],
    declined_permissions text[]
)
