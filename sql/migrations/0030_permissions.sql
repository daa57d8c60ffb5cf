-- Collections whose new members are asked to confirm before they get mail, and audiences with Mailchimp's
-- GDPR fields (marketing permissions).
alter table sync.staged_collection add column confirm_new_members boolean not null default false;
alter table sync.staged_collection add column marketing_permission text;
comment on column sync.staged_collection.confirm_new_members is
'Whether new members are asked to confirm first: crm.contact_collection.confirm_new_members.';
comment on column sync.staged_collection.marketing_permission is
'The permission of an audience with GDPR fields: crm.contact_collection.marketing_permission.';

create table sync.gdpr_audience (
    list_id text primary key,
    is_on boolean not null default true,
    permission_id text,
    noticed_at timestamptz not null default now()
);
comment on table sync.gdpr_audience is
'Audiences that ask people for marketing permissions (Mailchimp''s GDPR fields), and which one counts.';
comment on column sync.gdpr_audience.list_id is 'Audience in Mailchimp.';
comment on column sync.gdpr_audience.is_on is 'False: the fields were switched off in Mailchimp.';
comment on column sync.gdpr_audience.permission_id is
'Permission that the collection''s contacts give by their consent; null: none is named yet.';
comment on column sync.gdpr_audience.noticed_at is 'Time at which we noticed the fields.';

create table sync.marketing_permission (
    list_id text not null,
    permission_id text not null,
    permission_text text not null,
    seen_at timestamptz not null default now(),
    primary key (list_id, permission_id)
);
comment on table sync.marketing_permission is
'The marketing permissions of audiences. Mailchimp shows them only with members.';
comment on column sync.marketing_permission.list_id is 'Audience in Mailchimp.';
comment on column sync.marketing_permission.permission_id is 'Mailchimp''s id.';
comment on column sync.marketing_permission.permission_text is 'Text that people read.';
comment on column sync.marketing_permission.seen_at is 'Time at which we first saw this text.';

alter table sync.member add column given_permissions text[];
alter table sync.member add column taken_back_permissions text[] not null default '{}';
alter table sync.member add column asked_permission text;
create index member_by_taken_back on sync.member (list_id) where taken_back_permissions <> '{}';
comment on column sync.member.given_permissions is
'Ids of the marketing permissions that the person gives, as last seen; null: nobody has looked.';
comment on column sync.member.taken_back_permissions is
'Ids of those that were given once, and that the person took back.';
comment on column sync.member.asked_permission is
'Id of one that we set and whose answer is not known.';
alter table sync.member drop constraint member_cause_check;
alter table sync.member add constraint member_cause_check check (cause in (
    'our_unsubscribe', 'our_archive', 'own_unsubscribe', 'hand_archive', 'cleaned', 'unconfirmed',
    'compliance', 'complaint', 'forgotten', 'rejected', 'permission_taken_back'
)) not valid;

alter table sync.refusal add column permission_id text;
comment on column sync.refusal.permission_id is
'The marketing permission that the person took back; null for all other kinds.';
alter table sync.refusal drop constraint refusal_kind_check;
alter table sync.refusal add constraint refusal_kind_check check (kind in (
    'unsubscribed', 'complaint', 'compliance', 'forgotten', 'archived_by_hand', 'withdrawal',
    'unconfirmed', 'permission_taken_back'
)) not valid;

insert into sync.reason values (
    'suppressed_permission',
    82,
    'The person took back the marketing permission in Mailchimp.',
    'Only the person can give it again, in that audience.'
);
