-- Refusals of one collection that end because somebody gave its tag back by hand. Each has the contacts that
-- it belongs to. Column ends_address: the address of the refusal has the tag again. Column is_same_person:
-- the contact is a person who has it again.
create temporary table if not exists given_back (
    refusal_id bigint not null,
    contact_id bigint,
    merged_from bigint,
    gone_since timestamptz,
    ends_address boolean not null,
    is_same_person boolean not null
)
