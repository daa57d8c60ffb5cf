-- Several Mailchimp accounts: each audience, member, run and campaign knows its own. An account is the id of
-- the Airflow connection that leads to it. What was there before is in the account that was the only one.

alter table sync.audience add column account text not null default 'mailchimp_default';
comment on column sync.audience.account is
'The Mailchimp account that the audience is in: the id of its Airflow connection.';

alter table sync.former_audience add column account text not null default 'mailchimp_default';
comment on column sync.former_audience.account is
'The Mailchimp account that the audience is in: the id of its Airflow connection.';
alter table sync.former_audience add column moved_to text;
comment on column sync.former_audience.moved_to is
'The account that the collection went to; null if it left the audience for another reason. A collection that '
'comes back to its account uses this audience again.';
alter table sync.former_audience add column linked boolean not null default false;
comment on column sync.former_audience.linked is 'Named by the CRM (provider_list_id), not created by us.';

alter table sync.member add column account text not null default 'mailchimp_default';
comment on column sync.member.account is
'The Mailchimp account of the member''s audience: the id of its Airflow connection.';

alter table sync.collection_run add column account text not null default 'mailchimp_default';
comment on column sync.collection_run.account is
'The Mailchimp account that the collection belongs to: the id of its Airflow connection.';

alter table sync.campaign add column account text not null default 'mailchimp_default';
comment on column sync.campaign.account is
'The Mailchimp account that the campaign is in, or is to be made in: the id of its Airflow connection.';

alter table stats.lists add column account text not null default 'mailchimp_default';
comment on column stats.lists.account is
'The Mailchimp account that the audience is in: the id of its Airflow connection.';

alter table stats.campaigns add column account text not null default 'mailchimp_default';
comment on column stats.campaigns.account is
'The Mailchimp account that the campaign is in: the id of its Airflow connection.';

alter table sync.provider_default add column provider text not null default 'mailchimp';
comment on column sync.provider_default.provider is 'Code of the row in crm.external_provider.';
alter table sync.provider_default add column account text not null default 'mailchimp_default';
comment on column sync.provider_default.account is
'The Mailchimp account that was read: the id of its Airflow connection.';
alter table sync.provider_default drop constraint provider_default_pkey;
alter table sync.provider_default add primary key (provider, position);

alter table stats.report_listing add column account text not null default 'mailchimp_default';
comment on column stats.report_listing.account is
'The Mailchimp account whose reports were looked at: the id of its Airflow connection.';
alter table stats.report_listing drop constraint report_listing_pkey;
alter table stats.report_listing add primary key (account, began_at);
