-- What a data-protection officer asks for: why is this person mailed, forget this person.

-- ---------------------------------------------------------------- erasure

create table sync.erased_subscriber (
    digest bytea primary key,
    noted_at timestamptz not null default now(),
    erased_at timestamptz
);
comment on table sync.erased_subscriber is
'Keyed HMAC-SHA-256 of the subscriber hashes of erased people. Reports of campaigns sent before the '
'erasure are loaded without their rows. Back it up together with sync.suppression.';
comment on column sync.erased_subscriber.erased_at is
'When the last trace was gone; null while the erasure is under way. Whoever signs up again later, by '
'themselves, is known again from then on.';

create table sync.erasure_receipt (
    receipt_id bigint generated always as identity primary key,
    contact_digest bytea not null,
    requested_at timestamptz not null,
    run_id text not null,
    suppressed_at timestamptz not null default now(),
    audiences integer,
    members_deleted integer not null default 0,
    rows_removed jsonb not null default '{}',
    finished_at timestamptz
);
create index on sync.erasure_receipt (contact_digest);
comment on table sync.erasure_receipt is
'One erasure: when it was asked for, when it was done, how much went. It names nobody: whoever holds '
'the key of the digests and a contact id can find its receipt.';
comment on column sync.erasure_receipt.contact_digest is 'As in sync.suppression, kind contact.';
comment on column sync.erasure_receipt.requested_at is 'crm.contact.erasure_requested_at.';
comment on column sync.erasure_receipt.suppressed_at is 'From here on nothing could be pushed any more.';
comment on column sync.erasure_receipt.audiences is 'Audiences of the account that were looked through.';
comment on column sync.erasure_receipt.members_deleted is 'Members permanently deleted in Mailchimp.';
comment on column sync.erasure_receipt.rows_removed is
'Rows deleted, or freed from the person, by table; of the whole run, when it erased several at once.';
comment on column sync.erasure_receipt.finished_at is 'Null: under way; the next run goes on with it.';

alter table stats.campaign_unsubscribes add column words_expired_at timestamptz;
comment on column stats.campaign_unsubscribes.words_expired_at is
'When retention removed what the person wrote; it is not loaded again.';

-- HMAC in plain SQL, so that digests are compared where the rows are. RFC 2104: the key is padded to
-- 64 bytes and xored with 0x36 (inner) and 0x5c (outer).
create function sync.hmac_pad(pad integer) returns bytea
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
comment on function sync.hmac_pad is 'The suppression key, padded and xored with one byte.';

create function sync.keyed_digest(inner_pad bytea, outer_pad bytea, message text) returns bytea
language sql immutable as $$
    select sha256(outer_pad || sha256(inner_pad || convert_to(message, 'UTF8')))
$$;
comment on function sync.keyed_digest is 'HMAC-SHA-256 of a text under pads 54 and 92 of sync.hmac_pad.';

-- In the transaction that loads what was landed. An erasure that begins now waits for its commit,
-- and then takes those rows out itself.
create function stats.drop_erased(landing regclass, of_campaign_id text) returns bigint
language plpgsql as $$
declare
    dropped bigint := 0;
begin
    lock table sync.erased_subscriber in share mode;
    if exists (select from sync.erased_subscriber) then
        execute format(
            $query$
            delete from %s as landed
            using
                sync.erased_subscriber as erased,
                (select sync.hmac_pad(54) as inner_pad, sync.hmac_pad(92) as outer_pad) as pads,
                stats.campaigns as campaign
            where
                erased.digest = sync.keyed_digest(
                    pads.inner_pad, pads.outer_pad, 'subscriber:' || landed.subscriber_hash
                )
                and campaign.campaign_id = $1
                and (
                    campaign.sent_at is null
                    or erased.erased_at is null
                    or campaign.sent_at <= erased.erased_at
                )
            $query$,
            landing
        )
        using of_campaign_id;
        get diagnostics dropped = row_count;
    end if;
    return dropped;
end
$$;
comment on function stats.drop_erased is
'Deletes the rows of erased people from a landing table, unless they signed up again before the campaign.';

-- ---------------------------------------------------------------- why is this address in this audience

create index on sync.consent_proof (subscriber_hash);
create index on sync.quarantine (contact_id);
create index on sync.rejection (contact_id);
create index on sync.removal_request_member (contact_id);
create index on sync.removal_request_member (subscriber_hash);

create view sync.newest_staging as
-- By id first: a collection whose code was changed is known by its new one alone.
select distinct on (newest.collection_code) newest.*
from (
    select distinct on (collection.collection_id)
        collection.collection_code,
        collection.collection_id,
        collection.staging_id,
        collection.gdpr_category,
        collection.campaign_type,
        run.run_id,
        run.clock
    from sync.staged_collection as collection
    inner join sync.staging_run as run on collection.staging_id = run.staging_id
    where run.dropped_at is null and run.row_counts is not null and collection.problem_code is null
    order by collection.collection_id asc, collection.staging_id desc
) as newest
order by newest.collection_code asc, newest.staging_id desc;
comment on view sync.newest_staging is 'Each collection''s newest snapshot that is still there.';

create view sync.newest_verdict as
select
    newest.collection_code,
    audience.list_id,
    verdict.subscriber_hash,
    verdict.contact_id,
    coalesce(held_back.reason_code, verdict.reason_code) as reason_code,
    coalesce(held_back.detail, verdict.detail) as detail,
    newest.run_id,
    newest.clock
from sync.newest_staging as newest
inner join staging.verdict as verdict
    on newest.staging_id = verdict.staging_id and newest.collection_id = verdict.collection_id
left join sync.held_back as held_back
    on
        verdict.staging_id = held_back.staging_id
        and verdict.collection_id = held_back.collection_id
        and verdict.contact_id = held_back.contact_id
left join sync.audience as audience on newest.collection_id = audience.collection_id;
comment on view sync.newest_verdict is 'What each collection''s newest snapshot says of its contacts.';

create view sync.membership_explanation as
-- Whoever is, was, or might be in an audience: by address where one is known, else by contact.
with known as (
    select
        audience.collection_code,
        member.list_id,
        member.subscriber_hash,
        member.contact_id
    from sync.member as member
    inner join sync.audience as audience on member.list_id = audience.list_id
    union
    select
        collection_code,
        list_id,
        subscriber_hash,
        contact_id
    from sync.consent_proof
    union
    select
        collection_code,
        list_id,
        subscriber_hash,
        contact_id
    from sync.newest_verdict
    union
    select
        quarantine.collection_code,
        audience.list_id,
        null as subscriber_hash,
        quarantine.contact_id
    from sync.quarantine as quarantine
    left join sync.audience as audience on quarantine.collection_code = audience.collection_code
    where
        quarantine.resolved_at is null
        and quarantine.reason_code <> 'invalid_field_value'
        and not exists (
            select from sync.newest_verdict as verdict
            where
                verdict.collection_code = quarantine.collection_code
                and verdict.contact_id = quarantine.contact_id
        )
)

select
    known.collection_code,
    known.list_id,
    known.subscriber_hash,
    known.contact_id,
    coalesce(
        member.status in ('subscribed', 'pending') and member.cause is distinct from 'forgotten', false
    ) as in_audience,
    member.status,
    member.origin,
    member.cause,
    member.cause_detail,
    member.status_since,
    member.synced_at,
    proof.consent_id,
    proof.gdpr_category,
    proof.campaign_type,
    proof.rules_version,
    proof.run_id,
    proof.justified_at,
    proof.ended_at,
    proof.end_cause,
    coalesce(quarantine.reason_code, verdict.reason_code) as reason_code,
    coalesce(quarantine.detail, verdict.detail) as reason_detail,
    reason.explanation,
    reason.what_to_do,
    quarantine.first_seen_at,
    quarantine.last_seen_at,
    verdict.contact_id is not null as in_collection,
    verdict.run_id as judged_by_run,
    verdict.clock as judged_at
from known
left join sync.member as member
    on
        known.list_id = member.list_id
        and known.subscriber_hash = member.subscriber_hash
        and known.contact_id is not distinct from member.contact_id
left join sync.newest_verdict as verdict
    on known.collection_code = verdict.collection_code and known.contact_id = verdict.contact_id
left join sync.quarantine as quarantine
    on
        known.collection_code = quarantine.collection_code
        and known.contact_id = quarantine.contact_id
        and quarantine.resolved_at is null
        and quarantine.reason_code <> 'invalid_field_value'
left join sync.reason as reason
    on coalesce(quarantine.reason_code, verdict.reason_code) = reason.reason_code
left join lateral (
    select newest.*
    from sync.consent_proof as newest
    where
        newest.list_id = known.list_id
        and newest.subscriber_hash = known.subscriber_hash
        and newest.contact_id = known.contact_id
    order by newest.proof_id desc
    limit 1
) as proof on true;
comment on view sync.membership_explanation is
'Why an address or a contact is in an audience, or why not: a row per collection, address and contact.';
comment on column sync.membership_explanation.in_audience is 'Subscribed, or asked to confirm.';
comment on column sync.membership_explanation.consent_id is
'Row of crm.consent; null where the category asks for none.';
comment on column sync.membership_explanation.run_id is 'The run that justified the member.';
comment on column sync.membership_explanation.ended_at is 'Null: the justification holds.';
comment on column sync.membership_explanation.reason_code is 'Why the contact is held back, if it is.';
comment on column sync.membership_explanation.in_collection is
'Whether the collection''s newest snapshot holds the contact.';
