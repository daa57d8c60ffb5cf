-- Refusals belong to people. One ledger keeps them by address, by contact and by collection, and they
-- outlive the audience, the address, the contact id and the collection's code.

create table sync.refusal (
    refusal_id bigint generated always as identity primary key,
    kind text not null check (kind in (
        'unsubscribed', 'complaint', 'compliance', 'forgotten', 'archived_by_hand', 'withdrawal',
        'unconfirmed'
    )),
    list_id text not null,
    address_digest bytea not null,
    collection_ids bigint[] not null default '{}',
    is_about_person boolean not null default true,
    known_from text not null check (known_from in (
        'member', 'full_listing', 'abuse_report', 'campaign_report', 'our_removal', 'upgrade'
    )),
    refused_at timestamptz,
    known_at timestamptz not null default now(),
    holders_known_at timestamptz,
    ended_at timestamptz,
    ended_by text check (ended_by in ('signed_up', 'confirmed'))
);
create unique index refusal_one_open on sync.refusal (list_id, address_digest, kind)
where ended_at is null;
create index refusal_by_address on sync.refusal (address_digest) where ended_at is null;
comment on table sync.refusal is
'One row for each refusal: by which a person said no, or that forbids mailing the person. Everything that '
'decides about mailing asks this table. A refusal ends only by the person''s own act.';
comment on column sync.refusal.kind is
'unsubscribed, complaint, compliance, forgotten (deleted for good), archived_by_hand: hold the person '
'back. withdrawal (we unsubscribed the member) and unconfirmed (asked, no answer): the person must confirm.';
comment on column sync.refusal.list_id is 'The audience in which it became known.';
comment on column sync.refusal.address_digest is
'Keyed HMAC of the subscriber hash, as in sync.erased_subscriber.';
comment on column sync.refusal.collection_ids is
'The collections that used the audience then, and those that took it over since. A complaint holds for all.';
comment on column sync.refusal.is_about_person is
'False: about the address alone, as after a hard bounce elsewhere.';
comment on column sync.refusal.known_from is 'What told of it.';
comment on column sync.refusal.refused_at is 'When it happened, by Mailchimp''s clock.';
comment on column sync.refusal.known_at is 'When it was written down.';
comment on column sync.refusal.holders_known_at is
'When the whole CRM was asked for contacts with the address.';
comment on column sync.refusal.ended_at is
'When the person signed up or confirmed in that audience; null while the refusal holds.';

create table sync.refusal_contact (
    refusal_id bigint not null references sync.refusal on delete cascade,
    contact_id bigint not null,
    merged_from bigint,
    primary key (refusal_id, contact_id)
);
create index refusal_contact_by_contact on sync.refusal_contact (contact_id);
create index refusal_contact_by_merge on sync.refusal_contact (merged_from)
where merged_from is not null;
comment on table sync.refusal_contact is
'The contacts to which a refusal belongs: each contact that held the address when the refusal became known, '
'and each contact into which one of them was merged.';
comment on column sync.refusal_contact.merged_from is
'The merged contact through which it belongs to this one; null: this contact held the address itself.';

create table sync.address_holder (
    contact_id bigint not null,
    address_digest bytea not null,
    first_seen_at timestamptz not null,
    left_at timestamptz,
    primary key (contact_id, address_digest)
);
create index address_holder_by_address on sync.address_holder (address_digest);
comment on table sync.address_holder is
'Which staged contact held which address and until when, so that a refusal finds its contacts when the '
'address changed before the refusal became known.';
comment on column sync.address_holder.address_digest is 'As in sync.refusal.';
comment on column sync.address_holder.left_at is
'Clock of the first run that found another address; null: the newest known address.';

create table sync.audience_use (
    list_id text not null,
    collection_id bigint not null,
    since timestamptz not null default now(),
    left_at timestamptz,
    settled_at timestamptz,
    primary key (list_id, collection_id)
);
create index audience_use_by_collection on sync.audience_use (collection_id);
comment on table sync.audience_use is 'Every collection that uses or used an audience.';
comment on column sync.audience_use.settled_at is
'When the audience was read after another collection took it over: refusals that become known later are '
'not about the collection that left.';

create table sync.audience_look (
    list_id text primary key,
    looked_at timestamptz not null
);
comment on table sync.audience_look is
'When the last complete look at an audience began. What it did not show happened later.';

create table sync.known_collection (
    collection_id bigint primary key,
    collection_code text not null,
    first_seen_at timestamptz not null default now(),
    replaced_by bigint
);
create unique index known_collection_code on sync.known_collection (collection_code)
where replaced_by is null;
comment on table sync.known_collection is
'Collections that a run has staged, by the id that the CRM gives them.';
comment on column sync.known_collection.replaced_by is
'The collection that a person named as its continuation or its successor.';

create table sync.replaced_collection (
    new_id bigint primary key,
    collection_code text not null,
    old_id bigint not null,
    noticed_at timestamptz not null default now(),
    decided_at timestamptz,
    decision text check (decision in ('same', 'new'))
);
comment on table sync.replaced_collection is
'Collections that came back with a code in use under another id, and what a person said of them.';

create table sync.foreign_audience (
    collection_id bigint primary key,
    collection_code text not null,
    list_id text not null,
    noticed_at timestamptz not null default now(),
    taken_over_at timestamptz
);
comment on table sync.foreign_audience is
'Audiences of another installation that a collection met, and whether a person took one over on purpose.';

create table sync.changed_address (
    list_id text not null,
    contact_id bigint not null,
    old_hash text not null,
    new_hash text not null,
    changed_at timestamptz not null,
    noticed_at timestamptz not null default now(),
    ended_at timestamptz,
    primary key (list_id, contact_id, old_hash)
);
create index changed_address_by_member on sync.changed_address (list_id, new_hash);
comment on table sync.changed_address is
'Members whose address the person changed in Mailchimp. The CRM''s address leads to the member''s new one '
'until the CRM has another.';
comment on column sync.changed_address.old_hash is 'Subscriber hash of the address that the CRM has.';
comment on column sync.changed_address.new_hash is 'Subscriber hash of the address that the person chose.';
comment on column sync.changed_address.ended_at is 'When the CRM had another address; null: it holds.';

alter table sync.member add column remote_contact_id text;
create index member_by_remote_contact on sync.member (list_id, remote_contact_id)
where remote_contact_id is not null;
comment on column sync.member.remote_contact_id is
'Mailchimp''s contact_id: it stays when the address changes.';

alter table sync.erasure_receipt add column left_alone jsonb not null default '{}';
comment on column sync.erasure_receipt.left_alone is
'Members that stay in audiences of another installation, by audience; nothing was touched there.';

alter table sync.staged_collection add column provider_kind text;
alter table sync.staged_collection add column connection_id text;
comment on column sync.staged_collection.provider_kind is 'crm.external_provider.kind, or its code.';
comment on column sync.staged_collection.connection_id is 'Airflow connection of the account.';

alter table staging.contact add column refusal_digest bytea;
comment on column staging.contact.refusal_digest is 'Looks the address up in sync.refusal.';
alter table staging.consent add column is_unreadable boolean not null default false;
comment on column staging.consent.is_unreadable is
'A consent row has a channel or category that is no word of the contract: it might be a withdrawal.';
alter table staging.refusal add column is_unreadable boolean not null default false;
comment on column staging.refusal.is_unreadable is 'No refusal yet: consents that cannot be read.';
create table staging.merged (
    staging_id bigint not null,
    contact_id bigint not null,
    merged_id bigint not null
) partition by list (staging_id);
create index on staging.merged (merged_id);
comment on table staging.merged is
'Each contact with every contact that was merged into it, directly or through others.';

insert into sync.reason values
(
    'unreadable_row',
    15,
    'A value of the contact cannot be read or stored.',
    'Correct the column that the detail names.'
),
(
    'unreadable_consent',
    49,
    'A consent of the contact has a channel or category that is no word of the contract.',
    'Correct the row in crm.consent, or the view that maps it.'
),
(
    'address_changed',
    110,
    'The person changed the address in Mailchimp; the member stays.',
    'Enter the new address in the CRM.'
);

drop index sync.quarantine_one_open_reason;
create unique index quarantine_one_open_reason on sync.quarantine (collection_code, contact_id)
where resolved_at is null and reason_code not in ('invalid_field_value', 'address_changed');
create unique index quarantine_one_open_change on sync.quarantine (collection_code, contact_id)
where resolved_at is null and reason_code = 'address_changed';

-- ---------------------------------------------------------------- what is known already

insert into sync.audience_use (list_id, collection_id, since)
select
    list_id,
    collection_id,
    created_at
from sync.audience;
insert into sync.audience_use (list_id, collection_id, left_at)
select
    list_id,
    collection_id,
    retired_at
from sync.former_audience
on conflict (list_id, collection_id) do nothing;

insert into sync.known_collection (collection_id, collection_code)
select distinct on (collection_code)
    collection_id,
    collection_code
from (
    select
        collection_id,
        collection_code,
        1 as position
    from sync.audience
    union all
    select
        collection_id,
        collection_code,
        2 as position
    from sync.former_audience
) as known
order by collection_code asc, position asc
on conflict do nothing;

create temporary table known_refusal on commit drop as
with pads as (
    select
        sync.hmac_pad(54) as inner_pad,
        sync.hmac_pad(92) as outer_pad
)

select
    member.list_id,
    member.contact_id,
    member.subscriber_hash,
    coalesce(alias.address_hash, member.subscriber_hash) as address_hash,
    sync.keyed_digest(
        pads.inner_pad, pads.outer_pad,
        'subscriber:' || coalesce(alias.address_hash, member.subscriber_hash)
    ) as address_digest,
    held.kind,
    held.kind <> 'withdrawal' or member.cause <> 'cleaned' as is_about_person,
    coalesce(member.last_changed, member.status_since) as refused_at
from sync.member as member
cross join pads
left join lateral (
    select same.address_hash from sync.subscriber_alias as same
    where same.subscriber_hash = member.subscriber_hash
    order by same.address_hash
    limit 1
) as alias on true
cross join
    lateral ( -- noqa: ST05
        -- A removal of ours that only followed somebody's refusal names its cause: the person is asked.
        select
            case
                when
                    member.cause in ('own_unsubscribe', 'complaint')
                    and member.cause_detail like 'suppressed%'
                    then 'withdrawal'
                when member.cause = 'own_unsubscribe' then 'unsubscribed'
                when member.cause = 'complaint' then 'complaint'
                when member.cause = 'compliance' then 'compliance'
                when member.cause = 'forgotten' and coalesce(member.cause_detail, '') <> 'erased_contact'
                    then 'forgotten'
                when member.cause = 'hand_archive' then 'archived_by_hand'
                when member.cause = 'our_unsubscribe' then 'withdrawal'
                when member.cause = 'cleaned' and member.status = 'unsubscribed' then 'withdrawal'
                when member.cause = 'unconfirmed' then 'unconfirmed'
            end as kind
        union
        select
            case
                when
                    member.opted_out
                    and coalesce(member.cause, '') <> 'compliance'
                    and not (
                        member.cause in ('own_unsubscribe', 'complaint')
                        and coalesce(member.cause_detail, '') like 'suppressed%'
                    )
                    then 'unsubscribed'
            end
        union
        select
            case
                when member.cause = 'forgotten' and member.cause_detail = 'suppressed_complaint'
                    then 'complaint'
            end
    ) as held
where held.kind is not null;

insert into sync.refusal (
    kind, list_id, address_digest, collection_ids, is_about_person, known_from, refused_at
)
select distinct on (known.list_id, known.address_digest, known.kind)
    known.kind,
    known.list_id,
    known.address_digest,
    coalesce(
        (
            select array_agg(used.collection_id order by used.collection_id)
            from sync.audience_use as used
            where used.list_id = known.list_id
        ),
        '{}'
    ) as collection_ids,
    coalesce(known.is_about_person, true) as is_about_person,
    'upgrade' as known_from,
    known.refused_at
from known_refusal as known
order by known.list_id asc, known.address_digest asc, known.kind asc, known.refused_at desc
on conflict do nothing;

-- The member's own contact, and each contact of a snapshot that is still there with that address.
insert into sync.refusal_contact (refusal_id, contact_id)
select
    refusal.refusal_id,
    known.contact_id
from known_refusal as known
inner join sync.refusal as refusal
    on
        known.list_id = refusal.list_id
        and known.address_digest = refusal.address_digest
        and known.kind = refusal.kind
where known.contact_id is not null
union
select
    refusal.refusal_id,
    contact.contact_id
from known_refusal as known
inner join sync.refusal as refusal
    on
        known.list_id = refusal.list_id
        and known.address_digest = refusal.address_digest
        and known.kind = refusal.kind
inner join staging.contact as contact on known.address_hash = md5(contact.address_key)
on conflict do nothing;

-- Removals of ours that only followed a refusal are removals of ours.
update sync.member
set cause = 'our_unsubscribe', opted_out = false
where cause in ('own_unsubscribe', 'complaint') and cause_detail like 'suppressed%';
