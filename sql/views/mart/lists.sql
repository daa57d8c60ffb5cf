create or replace view mart.lists as
select
    list.list_id,
    coalesce(list.name, newest.list_name) as name,
    audience.collection_code,
    list.created_at,
    list.member_count,
    list.unsubscribe_count,
    list.cleaned_count,
    list.gone_at,
    coalesce(sent.campaigns, 0) as campaigns_sent,
    sent.last_sent_at,
    list.account,
    case
        when used.collection_codes is not null then used.collection_codes
        when audience.collection_code is not null then array[audience.collection_code]
        else '{}'
    end as collection_codes
from stats.lists as list
left join sync.audience as audience on list.list_id = audience.list_id
left join lateral (
    select array_agg(tag.collection_code order by tag.collection_code) as collection_codes
    from sync.tag as tag
    where tag.list_id = list.list_id and tag.left_at is null
) as used on true
left join lateral (
    select
        count(*) as campaigns,
        max(campaign.counted_at) as last_sent_at
    from stats.campaigns as campaign
    where
        campaign.list_id = list.list_id
        and not campaign.is_series
        and exists (
            select from stats.report_snapshots as report
            where report.campaign_id = campaign.campaign_id
        )
) as sent on true
left join lateral (
    select campaign.list_name
    from stats.campaigns as campaign
    where campaign.list_id = list.list_id and campaign.list_name is not null
    order by campaign.counted_at desc
    limit 1
) as newest on true;
comment on view mart.lists is 'Dimension: audiences, with the collection of the CRM if the audience is ours.';
comment on column mart.lists.list_id is 'Key: Mailchimp''s id of the audience.';
comment on column mart.lists.name is 'Name of the audience; null if Mailchimp gives none.';
comment on column mart.lists.collection_code is
'Collection of the CRM that uses the audience. shared: and its name if several share it. Null if the '
'audience is not ours.';
comment on column mart.lists.collection_codes is
'Every collection of the CRM that uses the audience. If all have left a shared audience: shared: and its '
'name. Empty if the audience is not ours.';
comment on column mart.lists.created_at is 'Time of creation; null until the audience was read.';
comment on column mart.lists.member_count is
'Subscribed members, as Mailchimp last counted them; null until the audience was read.';
comment on column mart.lists.unsubscribe_count is
'Unsubscribed members, as Mailchimp last counted them; null until the audience was read.';
comment on column mart.lists.cleaned_count is
'Cleaned members, as Mailchimp last counted them; null until the audience was read.';
comment on column mart.lists.gone_at is
'Time at which we first found that Mailchimp no longer lists the audience; null while it does.';
comment on column mart.lists.campaigns_sent is 'Campaigns with a report that were sent to the audience.';
comment on column mart.lists.last_sent_at is 'Time of sending of the newest of them; null without one.';
comment on column mart.lists.account is
'Mailchimp account of the audience: the id of its Airflow connection.';
