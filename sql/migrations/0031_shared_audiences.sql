-- Several collections may share one audience. A tag tells the members of one collection from the others.

alter table sync.staged_collection
add column shared_id bigint,
add column is_shared_audience boolean not null default false;
comment on column sync.staged_collection.shared_id is
'The shared audience that holds the collection''s members: collection_id of its own row; null: none.';
comment on column sync.staged_collection.is_shared_audience is
'Whether the row is no collection of the CRM, but an audience that several collections share.';

create table sync.tag (
    list_id text not null,
    collection_id bigint not null,
    collection_code text not null,
    shared_id bigint not null,
    gdpr_category text,
    campaign_type text,
    tag_id bigint,
    name text not null,
    since timestamptz not null default now(),
    left_at timestamptz,
    primary key (list_id, collection_id)
);
create unique index tag_of_collection on sync.tag (collection_id) where left_at is null;
create index tag_by_shared_audience on sync.tag (shared_id);
comment on table sync.tag is
'Which tag of a shared audience marks the members of which collection.';
comment on column sync.tag.shared_id is 'The shared audience: collection_id in sync.audience.';
comment on column sync.tag.gdpr_category is
'The collection''s last known category: withdrawals are judged by it if the CRM names none any more.';
comment on column sync.tag.campaign_type is 'The collection''s last known campaign type.';
comment on column sync.tag.tag_id is 'Mailchimp''s id of the tag, a static segment; null: not made yet.';
comment on column sync.tag.name is 'Its name in Mailchimp.';
comment on column sync.tag.left_at is 'When the collection left the shared audience; null: it is in it.';

create table sync.tag_member (
    list_id text not null,
    collection_id bigint not null,
    subscriber_hash text not null,
    contact_id bigint,
    tagged_at timestamptz not null default now(),
    given_by_hand boolean not null default false,
    taken_by_hand_at timestamptz,
    leaving_cause text,
    primary key (list_id, collection_id, subscriber_hash)
);
create index tag_member_by_member on sync.tag_member (list_id, subscriber_hash);
create index tag_member_by_contact on sync.tag_member (contact_id);
comment on table sync.tag_member is
'Members of shared audiences that carry a collection''s tag, as far as we know.';
comment on column sync.tag_member.contact_id is 'The contact of the collection; null: nobody knows.';
comment on column sync.tag_member.given_by_hand is 'Whether somebody gave the tag in Mailchimp.';
comment on column sync.tag_member.taken_by_hand_at is
'When we noticed that somebody took the tag away in Mailchimp; null: the member has it.';
comment on column sync.tag_member.leaving_cause is
'Why we are about to take the tag away; noted before the call. Null: the tag stays.';

-- Somebody took a collection's tag from a member by hand. The person is held back from the collection,
-- whatever address or contact it has later.
alter table sync.refusal drop constraint refusal_kind_check;
alter table sync.refusal add constraint refusal_kind_check check (kind in (
    'unsubscribed', 'complaint', 'compliance', 'forgotten', 'archived_by_hand', 'withdrawal',
    'unconfirmed', 'permission_taken_back', 'tag_taken'
)) not valid;

-- A member of a shared audience has one open proof for each of its collections.
drop index sync.consent_proof_one_open;
create unique index consent_proof_one_open on sync.consent_proof (
    list_id, subscriber_hash, collection_code
) where ended_at is null;
