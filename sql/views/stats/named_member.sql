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
'Every member that a table of stats names: one row for each time. Look up single members only, because it '
'reads many tables.';
comment on column stats.named_member.list_id is 'Audience; null if Mailchimp names none.';
comment on column stats.named_member.subscriber_hash is 'Member: md5 of the lower-cased address.';
