-- What a look at a sending's report found.
insert into sync.sending_health as health (
    campaign_id, provider_campaign_id, list_id, sent_at, looked_at, emails_sent, hard_bounces, complaints,
    unsubscribes, is_judged, too_many, unhealthy_since
)
values (
    %(campaign_id)s, %(provider_campaign_id)s, %(list_id)s, %(sent_at)s, %(now)s, %(emails_sent)s,
    %(hard_bounces)s, %(complaints)s, %(unsubscribes)s, %(is_judged)s, %(too_many)s::text[],
    case when cardinality(%(too_many)s::text[]) > 0 then %(now)s::timestamptz end
)
on conflict (campaign_id) do update set
    provider_campaign_id = excluded.provider_campaign_id,
    list_id = excluded.list_id,
    sent_at = excluded.sent_at,
    looks = case
        when health.provider_campaign_id = excluded.provider_campaign_id then health.looks + 1 else 1
    end,
    looked_at = excluded.looked_at,
    emails_sent = excluded.emails_sent,
    hard_bounces = excluded.hard_bounces,
    complaints = excluded.complaints,
    unsubscribes = excluded.unsubscribes,
    is_judged = excluded.is_judged,
    too_many = excluded.too_many,
    unhealthy_since = case
        when cardinality(excluded.too_many) = 0 then null
        when health.provider_campaign_id = excluded.provider_campaign_id
            then coalesce(health.unhealthy_since, excluded.unhealthy_since)
        else excluded.unhealthy_since
    end
