-- What the audience sync keeps: a run's snapshot of the crm (staging) and what is known of
-- mailchimp (sync). Addresses stand in staging only; sync knows members by subscriber hash.

-- ---------------------------------------------------------------- runs

create table sync.staging_run (
    staging_id bigint generated always as identity primary key,
    run_id text not null,
    clock timestamptz not null,
    rules_version text not null,
    dry_run boolean not null default false,
    full_refresh boolean not null default false,
    row_counts jsonb,
    contact_fields jsonb not null default '[]',
    checked_at timestamptz,
    data_docs text,
    dropped_at timestamptz,
    created_at timestamptz not null default now()
);
create index on sync.staging_run (run_id);
comment on table sync.staging_run is
'One snapshot of the CRM. Logged, so that an unlogged staging emptied by a crash is noticed.';
comment on column sync.staging_run.clock is 'The CRM transaction''s time: consents are judged at it.';
comment on column sync.staging_run.row_counts is 'Rows per staging table; later steps refuse other counts.';

create table sync.staged_collection (
    staging_id bigint not null references sync.staging_run,
    collection_id bigint not null,
    collection_code text not null,
    description text not null,
    gdpr_category text check (gdpr_category in ('offer', 'newsletter', 'unclassified')),
    campaign_type text,
    provider text not null,
    owner_name text,
    is_shared boolean not null,
    is_static boolean not null,
    comments text,
    sync_merge_fields boolean not null,
    provider_list_id text,
    settings jsonb not null,
    problem_code text,
    problem_detail text,
    problem_state text check (problem_state in ('blocked', 'failed', 'succeeded')),
    guard_detail text,
    remark text,
    staged integer,
    eligible integer,
    quarantined integer,
    primary key (staging_id, collection_code)
);
create unique index on sync.staged_collection (staging_id, collection_id);
comment on table sync.staged_collection is 'A collection as one run found it, with what is wrong with it.';
comment on column sync.staged_collection.problem_state is
'How its run ends. A collection that is left alone for good succeeds: only what is due goes out.';
comment on column sync.staged_collection.remark is
'What a person should look at, though nothing is wrong for sure; told with the run''s result.';
comment on column sync.staged_collection.guard_detail is
'Why the removal guard blocks the plan; null where it does not.';

create table sync.staging_invariant (
    staging_id bigint not null references sync.staging_run,
    collection_code text not null,
    contacts_without_verdict bigint not null,
    contacts_with_two_verdicts bigint not null,
    unknown_reasons bigint not null,
    eligible_without_valid_address bigint not null,
    repeated_eligible_addresses bigint not null,
    eligible_without_consent bigint not null,
    eligible_refused_or_erased bigint not null,
    eligible_inactive bigint not null,
    eligible_suppressed bigint not null,
    eligible_contacts bigint not null,
    eligible_ratio_to_last_time numeric,
    primary key (staging_id, collection_code)
);
comment on table sync.staging_invariant is
'Counts that Great Expectations asserts once a run; all breaches are zero.';

create table sync.collection_run (
    run_id text not null,
    collection_code text not null,
    staging_id bigint,
    list_id text,
    started_at timestamptz not null,
    finished_at timestamptz,
    state text check (state in ('succeeded', 'blocked', 'failed', 'dry_run')),
    staged integer not null default 0,
    eligible integer not null default 0,
    quarantined integer not null default 0,
    added integer not null default 0,
    updated integer not null default 0,
    removed integer not null default 0,
    unchanged integer not null default 0,
    rejected integer not null default 0,
    api_calls integer not null default 0,
    detail text,
    primary key (run_id, collection_code)
);
create index on sync.collection_run (collection_code, started_at desc);
comment on table sync.collection_run is 'What one run did to one collection''s audience.';
comment on column sync.collection_run.detail is 'Begins with a reason code where the state is not succeeded.';

-- ---------------------------------------------------------------- staging

create table staging.membership (
    staging_id bigint not null,
    collection_id bigint not null,
    contact_id bigint not null
) partition by list (staging_id);
comment on table staging.membership is 'Which contacts a collection held in this run, distinct.';

create table staging.contact (
    staging_id bigint not null,
    contact_id bigint not null,
    address_key text,
    address_problem text,
    address_written text,
    first_name text,
    last_name text,
    language text,
    is_active boolean not null,
    erasure_requested_at timestamptz,
    merged_into_id bigint,
    field_values jsonb,
    content_hash text not null,
    fields_hash text,
    address_digest bytea,
    contact_digest bytea
) partition by list (staging_id);
comment on table staging.contact is 'Contacts of the staged collections, the address already in normal form.';
comment on column staging.contact.address_written is
'The address as the CRM writes it, trimmed and case-folded, where it is not well formed; null elsewhere.';
comment on column staging.contact.content_hash is 'md5 of the names and language that may be sent.';
comment on column staging.contact.fields_hash is 'md5 of the additional fields that may be sent.';
comment on column staging.contact.address_digest is
'HMAC to look the address up in sync.suppression; null while that is empty.';

create table staging.consent (
    staging_id bigint not null,
    contact_id bigint not null,
    gdpr_category text not null,
    consent_id bigint,
    granted boolean,
    effective_at timestamptz,
    expires_at timestamptz,
    future_grant boolean not null
) partition by list (staging_id);
comment on table staging.consent is
'The deciding e-mail consent per contact and category at the run''s clock; consent_id is null where '
'all rows lie in the future.';

create table staging.refusal (
    staging_id bigint not null,
    contact_id bigint not null,
    address_key text,
    gdpr_category text
) partition by list (staging_id);
comment on table staging.refusal is
'Refusals of the whole CRM: a withdrawal per category, or (category null) a request for erasure.';

create table staging.verdict (
    staging_id bigint not null,
    collection_id bigint not null,
    contact_id bigint not null,
    reason_code text,
    detail text,
    address_key text,
    subscriber_hash text,
    consent_id bigint,
    content_hash text
) partition by list (staging_id);
comment on table staging.verdict is 'One row per contact and collection: eligible (reason null) or why not.';

create table staging.plan (
    staging_id bigint not null,
    collection_id bigint not null,
    action text not null,
    subscriber_hash text not null,
    contact_id bigint,
    cause text,
    address_key text
) partition by list (staging_id);
create index on staging.membership (collection_id, contact_id);
create index on staging.contact (contact_id);
create index on staging.consent (contact_id, gdpr_category);
create index on staging.refusal (address_key);
create index on staging.refusal (contact_id);
create index on staging.verdict (collection_id, contact_id);
create index on staging.plan (collection_id, action, subscriber_hash);
comment on table staging.plan is 'The change set of a collection in this run.';
comment on column staging.plan.address_key is 'The address that another contact refused; null elsewhere.';

-- ---------------------------------------------------------------- what we know of mailchimp

create table sync.audience (
    collection_id bigint primary key,
    collection_code text not null,
    provider text not null,
    list_id text not null unique,
    linked boolean not null default false,
    gdpr_category text,
    settings_hash text,
    remote_name text,
    pulled_through timestamptz,
    fully_listed_at timestamptz,
    created_at timestamptz not null default now()
);
comment on table sync.audience is 'Audience map: one collection, one audience.';
comment on column sync.audience.gdpr_category is
'The collection''s last known category: withdrawals are judged by it when the crm names none any more.';
comment on column sync.audience.linked is 'Named by the CRM (provider_list_id), not created by us.';
comment on column sync.audience.remote_name is 'Its name in Mailchimp, when last looked at.';
comment on column sync.audience.pulled_through is 'Watermark: newest last_changed seen, provider''s clock.';

create table sync.former_audience (
    list_id text primary key,
    collection_id bigint not null,
    collection_code text not null,
    gdpr_category text,
    pulled_through timestamptz,
    retired_at timestamptz not null default now(),
    deleted_at timestamptz
);
create index on sync.former_audience (collection_id);
comment on table sync.former_audience is
'Audiences that were a collection''s and are not any more: nobody is added or changed there, withdrawals, '
'complaints and erasures still go out, and what people refused there holds in the new one.';
comment on column sync.former_audience.deleted_at is 'Since when it is known to be gone from mailchimp.';

create table sync.merge_field (
    list_id text not null,
    field_code text not null,
    tag text not null,
    merge_id integer not null,
    type text not null,
    name text not null,
    primary key (list_id, field_code),
    unique (list_id, tag)
);
comment on table sync.merge_field is 'Which merge field carries which CRM field; tags never change.';

create table sync.member (
    list_id text not null,
    subscriber_hash text not null,
    contact_id bigint,
    status text not null,
    cause text check (cause in (
        'our_unsubscribe', 'our_archive', 'own_unsubscribe', 'hand_archive', 'cleaned',
        'unconfirmed', 'compliance', 'complaint', 'forgotten', 'rejected'
    )),
    cause_detail text,
    origin text not null check (origin in ('created', 'adopted', 'foreign')),
    opted_out boolean not null default false,
    complaint_checked boolean not null default false,
    pushed_hash text,
    last_changed timestamptz,
    status_since timestamptz not null default now(),
    synced_at timestamptz,
    primary key (list_id, subscriber_hash)
);
create index on sync.member (list_id, contact_id);
create index on sync.member (subscriber_hash);
comment on table sync.member is
'Every member known of our audiences: last known status, origin, what was pushed.';
comment on column sync.member.cause is 'Why the member is not simply subscribed; decides what may follow.';
comment on column sync.member.opted_out is
'The person opted out and did not subscribe again since; stays true whatever else befalls the member.';
comment on column sync.member.complaint_checked is
'Whether the abuse reports were asked about this unsubscribe.';
comment on column sync.member.pushed_hash is 'Hash of what was last pushed; null asks for a push.';

create view sync.former_opt_out as
select distinct
    former.collection_id,
    member.subscriber_hash,
    member.contact_id
from sync.former_audience as former
inner join sync.member as member on former.list_id = member.list_id
where member.opted_out;
comment on view sync.former_opt_out is 'Who opted out of a collection''s former audiences.';

create table sync.rejection (
    list_id text not null,
    subscriber_hash text not null,
    contact_id bigint not null,
    content_hash text not null,
    kind text not null,
    message text not null,
    retryable boolean not null,
    rejected_at timestamptz not null default now(),
    primary key (list_id, subscriber_hash)
);
comment on table sync.rejection is
'Addresses the provider refused, with its own words; tried again when the row changes.';

-- ---------------------------------------------------------------- quarantine and proof

create table sync.reason (
    reason_code text primary key,
    position smallint not null,
    explanation text not null,
    what_to_do text not null
);
comment on table sync.reason is 'The reason codes of the quarantine, in the order in which they apply.';
insert into sync.reason values
('erased_contact', 10, 'The contact asked to be erased.', 'Nothing; the erasure run deletes what is left.'),
(
    'inactive_contact',
    20,
    'The contact is inactive or merged into another.',
    'Reactivate the contact, if that is meant.'
),
('missing_email', 30, 'The contact has no e-mail address.', 'Enter the address.'),
('invalid_email', 40, 'The e-mail address is not well formed.', 'Correct the address.'),
(
    'consent_withdrawn',
    50,
    'The contact withdrew consent for this category.',
    'Nothing, unless the person consents again.'
),
('consent_expired', 51, 'The consent for this category has expired.', 'Ask the person to renew it.'),
('consent_not_yet_effective', 52, 'The consent takes effect later.', 'Nothing; it is picked up by itself.'),
('no_consent', 53, 'There is no consent for this category.', 'Ask the person for consent.'),
('shared_address_refused', 60, 'Another contact with this address refused.', 'Find out whose address it is.'),
(
    'duplicate_email',
    70,
    'Another contact with this address stands for it.',
    'Merge the contacts or correct one address.'
),
('suppressed_forgotten', 80, 'The address was permanently deleted.', 'Only the person can subscribe again.'),
('suppressed_complaint', 81, 'The person reported the mail as abuse.', 'Nothing; do not mail this address.'),
('suppressed_unsubscribed', 82, 'The person unsubscribed.', 'Only the person can subscribe again.'),
('suppressed_cleaned', 83, 'The address bounces.', 'Correct the address.'),
(
    'suppressed_compliance',
    84,
    'Mailchimp holds the address in a compliance state.',
    'Only the person can subscribe again.'
),
(
    'suppressed_archived',
    85,
    'Somebody archived the member in Mailchimp.',
    'Unarchive it in Mailchimp, if that is meant.'
),
('suppressed_pending', 86, 'The person has not confirmed yet.', 'Wait for the person to confirm.'),
(
    'rejected_by_mailchimp',
    90,
    'Mailchimp refused the address.',
    'Read Mailchimp''s words and correct the address.'
),
(
    'invalid_field_value',
    100,
    'A field''s value does not fit its type and was left out.',
    'Correct the value.'
);

create table sync.quarantine (
    quarantine_id bigint generated always as identity primary key,
    collection_code text not null,
    contact_id bigint not null,
    reason_code text not null references sync.reason,
    detail text,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    resolved_at timestamptz
);
create unique index quarantine_one_open_reason on sync.quarantine (collection_code, contact_id)
where resolved_at is null and reason_code <> 'invalid_field_value';
create unique index quarantine_one_open_fields on sync.quarantine (collection_code, contact_id)
where resolved_at is null and reason_code = 'invalid_field_value';
comment on table sync.quarantine is 'Contacts held back from a push, each with a reason a person can act on.';

create table sync.consent_proof (
    proof_id bigint generated always as identity primary key,
    list_id text not null,
    subscriber_hash text not null,
    collection_code text not null,
    contact_id bigint not null,
    consent_id bigint,
    gdpr_category text not null,
    campaign_type text not null,
    rules_version text not null,
    run_id text not null,
    justified_at timestamptz not null default now(),
    ended_at timestamptz,
    end_cause text
);
create unique index consent_proof_one_open on sync.consent_proof (
    list_id, subscriber_hash
) where ended_at is null;
create index on sync.consent_proof (contact_id);
comment on table sync.consent_proof is 'What justified each member pushed, and when that ended.';

-- ---------------------------------------------------------------- suppression

create table sync.installation (
    singleton boolean primary key default true check (singleton),
    installation_id uuid not null default gen_random_uuid(),
    suppression_created_at timestamptz not null default now()
);
comment on table sync.installation is
'Marks that sync.suppression was created; a push refuses if one stands without the other.';
insert into sync.installation default values;

create table sync.suppression_key (
    singleton boolean primary key default true check (singleton),
    hmac_key bytea not null
);
comment on table sync.suppression_key is 'Key of the HMACs in sync.suppression. Back both up together.';
insert into sync.suppression_key (hmac_key)
select uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());

create table sync.suppression (
    kind text not null check (kind in ('address', 'contact')),
    digest bytea not null,
    cause text not null,
    suppressed_at timestamptz not null default now(),
    primary key (kind, digest)
);
comment on table sync.suppression is
'Keyed HMAC-SHA-256 of every address and contact id that must never be pushed again. Back it up.';

-- ---------------------------------------------------------------- approvals

create table sync.removal_request (
    plan_id bigint generated always as identity primary key,
    collection_code text not null,
    run_id text not null,
    requested_at timestamptz not null default now(),
    decided_at timestamptz,
    decision text check (decision in ('approved', 'rejected', 'timed_out')),
    removals integer not null,
    members integer not null
);
create table sync.removal_request_member (
    plan_id bigint not null references sync.removal_request on delete cascade,
    subscriber_hash text not null,
    contact_id bigint,
    cause text not null,
    primary key (plan_id, subscriber_hash)
);
comment on table sync.removal_request is
'Removals above the guard''s limit that wait for, or got, a person''s decision.';
comment on table sync.removal_request_member is 'The only members an approved plan may remove.';

create view sync.held_back as
select
    verdict.staging_id,
    verdict.collection_id,
    verdict.contact_id,
    coalesce(
        verdict.reason_code,
        case when asked.status is not null then 'suppressed_pending' else plan.cause end
    ) as reason_code,
    case when plan.cause = 'rejected_by_mailchimp' then rejection.message else verdict.detail end as detail
from staging.verdict as verdict
left join staging.plan as plan
    on
        verdict.staging_id = plan.staging_id
        and verdict.collection_id = plan.collection_id
        and verdict.contact_id = plan.contact_id
        and verdict.subscriber_hash = plan.subscriber_hash
        and verdict.reason_code is null
        and (
            plan.action in ('add_pending', 'reconfirm')
            or (
                plan.action in ('suppress', 'unsubscribe')
                and exists (
                    select from sync.reason
                    where reason.reason_code = plan.cause
                )
            )
        )
left join sync.audience as audience on verdict.collection_id = audience.collection_id
-- Whom this very run asked to confirm.
left join sync.member as asked
    on
        audience.list_id = asked.list_id
        and plan.subscriber_hash = asked.subscriber_hash
        and plan.action in ('add_pending', 'reconfirm')
        and asked.status = 'pending'
left join sync.rejection as rejection
    on audience.list_id = rejection.list_id and plan.subscriber_hash = rejection.subscriber_hash
where verdict.reason_code is not null or plan.cause is not null or asked.status is not null;
comment on view sync.held_back is
'Contacts a staging holds back, by its verdicts and its plan: what the quarantine becomes.';
