create or replace view mart.automations as
select
    campaign.automation_id,
    min(campaign.list_id) as list_id,
    min(campaign.account) as account,
    (array_agg(campaign.title order by campaign.created_at, campaign.campaign_id))[1] as title,
    count(*) as emails,
    min(campaign.created_at) as created_at
from mart.campaigns as campaign
where campaign.automation_id is not null
group by campaign.automation_id;
comment on view mart.automations is
'Dimension: automations of Mailchimp, such as welcome mails. Each of their mails is a row of mart.campaigns '
'with this automation_id. Results are in mart.automation_performance.';
comment on column mart.automations.automation_id is
'Key: Mailchimp''s id of the automation. If Mailchimp names none, the id of its only mail.';
comment on column mart.automations.list_id is 'The audience: mart.lists; null if Mailchimp names none.';
comment on column mart.automations.account is
'Mailchimp account of the automation: the id of its Airflow connection.';
comment on column mart.automations.title is 'Internal title of its first mail.';
comment on column mart.automations.emails is 'Number of its mails.';
comment on column mart.automations.created_at is
'Time of creation of its first mail; null if Mailchimp gives none.';
