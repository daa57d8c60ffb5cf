create or replace view mart.contact_segments as
select
    engagement.contact_key,
    engagement.contact_id,
    engagement.campaigns_delivered,
    engagement.open_rate_without_proxy,
    engagement.click_rate,
    behaviour.last_engaged_at,
    extract(day from now() - behaviour.last_engaged_at)::integer as days_since_engaged,
    case
        when contact.current_audiences = 0 and contact.cleaned_audiences < contact.audiences then 'left'
        when contact.current_audiences = 0 or engagement.campaigns_delivered = 0 then 'unreachable'
        when
            behaviour.last_engaged_at is null
            and engagement.first_sent_at > now() - make_interval(days => rule.new_days)
            then 'new'
        when behaviour.last_engaged_at is null then 'never_opened'
        when behaviour.last_engaged_at < now() - make_interval(days => rule.dormant_days) then 'dormant'
        when behaviour.last_engaged_at < now() - make_interval(days => rule.active_days) then 'cooling'
        when
            engagement.campaigns_delivered >= rule.champion_campaigns
            and engagement.click_rate_without_bots >= rule.champion_click_rate
            then 'champion'
        else 'active'
    end as segment,
    engagement.click_rate_without_bots
from mart.contact_engagement as engagement
inner join mart.contacts as contact on engagement.contact_key = contact.contact_key
cross join mart.segment_rule as rule
cross join
    lateral (
        values (greatest(engagement.last_click_without_bots_at, engagement.last_open_without_proxy_at))
    ) as behaviour (last_engaged_at)
where not contact.is_erased;
comment on view mart.contact_segments is
'Segment of each person: left, unreachable, new, never_opened, dormant, cooling, champion, active. Each '
'person gets the first segment in this order whose rule fits. mart.segment_rule has the limits. The segment '
'left means: gone from every audience, and not only because the address bounced. Opens by proxies and '
'clicks of scanners do not count. Erased persons have no row.';
comment on column mart.contact_segments.contact_key is
'Key of the row, as in mart.contact_engagement and mart.contacts.';
comment on column mart.contact_segments.contact_id is 'Contact of the CRM; null if the member is not ours.';
comment on column mart.contact_segments.campaigns_delivered is 'Campaigns delivered to the person.';
comment on column mart.contact_segments.open_rate_without_proxy is
'Campaigns read, without opens by proxies, per campaign delivered (0 to 1); null if none was delivered.';
comment on column mart.contact_segments.click_rate is
'Campaigns with a click per campaign delivered (0 to 1); null if none was delivered.';
comment on column mart.contact_segments.click_rate_without_bots is
'Campaigns with a click, without scanners, per campaign delivered (0 to 1); null if none was delivered.';
comment on column mart.contact_segments.last_engaged_at is
'Time of the newest click without scanners, or newest open that is not known to be by a proxy. Null without '
'either.';
comment on column mart.contact_segments.days_since_engaged is
'Whole days from last_engaged_at until now; null without it.';
comment on column mart.contact_segments.segment is
'left, unreachable, new, never_opened, dormant, cooling, champion or active.';
