create or replace view stats.named_member as
select
    list_id,
    subscriber_hash
from stats.campaign_recipients
union all
select
    list_id,
    subscriber_hash
from stats.campaign_activities
union all
select
    list_id,
    subscriber_hash
from stats.campaign_unsubscribes
union all
select
    list_id,
    subscriber_hash
from stats.campaign_abuse_reports
union all
select
    list_id,
    subscriber_hash
from stats.link_member_clicks
union all
select
    list_id,
    subscriber_hash
from stats.recipient_engagement
union all
select
    list_id,
    subscriber_hash
from stats.expired_engagement
union all
select
    list_id,
    subscriber_hash
from stats.member_activities
union all
select
    list_id,
    subscriber_hash
from stats.member_activity_state;
comment on view stats.named_member is
'Whom any table of stats names: a row each time. Only to be asked for single members.';
comment on column stats.named_member.list_id is 'The audience.';
comment on column stats.named_member.subscriber_hash is 'The member: md5 of the lower-cased address.';
