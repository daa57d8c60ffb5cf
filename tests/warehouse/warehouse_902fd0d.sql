-- A warehouse as commit 902fd0d made it, dumped by pg_dump 15: what test_upgrade.py upgrades.
-- Migrated by that commit's own code on Debian's Postgres 15. Filled by its sync, campaign steps,
-- erasure, write-back, report extracts and marts against its sandbox. All people are made up.
-- Tables that so small a world leaves empty hold a written row. Never changes.
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE SCHEMA mart;
COMMENT ON SCHEMA mart IS 'What BI dashboards read.';
CREATE SCHEMA migration;
CREATE SCHEMA staging;
COMMENT ON SCHEMA staging IS 'Snapshots of the CRM taken by runs; unlogged, may vanish.';
CREATE SCHEMA stats;
COMMENT ON SCHEMA stats IS 'Campaign reports as Mailchimp tells them: recipients, events, snapshots.';
CREATE SCHEMA sync;
COMMENT ON SCHEMA sync IS 'What the audience sync knows: members, runs, quarantine, proof, watermarks.';
CREATE FUNCTION mart.note_campaign() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into mart.changed_campaign (campaign_id) values (new.campaign_id);
    insert into mart.changed_member (list_id, subscriber_hash)
    select distinct list_id, subscriber_hash from stats.campaign_recipients
    where campaign_id = new.campaign_id and list_id is not null;
    return null;
end
$$;
COMMENT ON FUNCTION mart.note_campaign() IS 'Notes everyone who got a campaign that now counts at another moment.';
CREATE FUNCTION mart.note_event_campaigns() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into mart.changed_campaign (campaign_id) select distinct campaign_id from changed;
    return null;
end
$$;
COMMENT ON FUNCTION mart.note_event_campaigns() IS 'Notes the campaigns of events.';
CREATE FUNCTION mart.note_flagged_events() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into mart.changed_campaign (campaign_id)
    select distinct campaign_id
    from (
        select campaign_id, subscriber_hash, action, occurred_at, url_key, ordinal, is_proxy_open
        from after_change
        except
        select campaign_id, subscriber_hash, action, occurred_at, url_key, ordinal, is_proxy_open
        from before_change
    ) as other;
    return null;
end
$$;
COMMENT ON FUNCTION mart.note_flagged_events() IS 'Notes the campaigns of events that count otherwise now; an IP address that retention clears does not.';
CREATE FUNCTION mart.note_ledger_rows() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into mart.changed_member (list_id, subscriber_hash)
    select list_id, subscriber_hash from changed;
    return null;
end
$$;
COMMENT ON FUNCTION mart.note_ledger_rows() IS 'Notes members that came into or went out of the sync''s ledger.';
CREATE FUNCTION mart.note_rows() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into mart.changed_member (list_id, subscriber_hash)
    select distinct list_id, subscriber_hash from changed where list_id is not null;
    insert into mart.changed_campaign (campaign_id) select distinct campaign_id from changed;
    return null;
end
$$;
COMMENT ON FUNCTION mart.note_rows() IS 'Notes the members and campaigns of inserted or deleted rows.';
CREATE FUNCTION mart.note_updated_ledger_rows() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into mart.changed_member (list_id, subscriber_hash)
    select list_id, subscriber_hash
    from (
        select list_id, subscriber_hash, contact_id, status, origin, last_changed from after_change
        except
        select list_id, subscriber_hash, contact_id, status, origin, last_changed from before_change
    ) as other;
    return null;
end
$$;
COMMENT ON FUNCTION mart.note_updated_ledger_rows() IS 'Notes members whose contact or status changed in the ledger.';
CREATE FUNCTION mart.note_updated_rows() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into mart.changed_member (list_id, subscriber_hash)
    select list_id, subscriber_hash from before_change where list_id is not null
    union
    select list_id, subscriber_hash from after_change where list_id is not null;
    insert into mart.changed_campaign (campaign_id)
    select campaign_id from before_change union select campaign_id from after_change;
    return null;
end
$$;
COMMENT ON FUNCTION mart.note_updated_rows() IS 'Notes the members and campaigns of rows before and after a change.';
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE stats.campaign_recipients (
    campaign_id text NOT NULL,
    subscriber_hash text NOT NULL,
    list_id text,
    delivery_status text NOT NULL,
    absplit_group text,
    gmt_offset integer,
    extra jsonb,
    activity_extra jsonb,
    first_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    sent_after timestamp with time zone,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    gone_after timestamp with time zone,
    gone_at timestamp with time zone
);
COMMENT ON TABLE stats.campaign_recipients IS 'Who was sent which campaign, and whether it arrived.';
COMMENT ON COLUMN stats.campaign_recipients.campaign_id IS 'The campaign.';
COMMENT ON COLUMN stats.campaign_recipients.subscriber_hash IS 'The member: md5 of the lower-cased address.';
COMMENT ON COLUMN stats.campaign_recipients.list_id IS 'The audience.';
COMMENT ON COLUMN stats.campaign_recipients.delivery_status IS 'sent, or the kind of bounce: hard, soft.';
COMMENT ON COLUMN stats.campaign_recipients.absplit_group IS 'A/B group: a, b, winner, or a combination''s id.';
COMMENT ON COLUMN stats.campaign_recipients.gmt_offset IS 'Time zone group of a timewarp send, hours.';
COMMENT ON COLUMN stats.campaign_recipients.extra IS 'Fields the API has added since; kept as they came.';
COMMENT ON COLUMN stats.campaign_recipients.activity_extra IS 'Fields beside the events themselves that the API has added to email-activity and open-details.';
COMMENT ON COLUMN stats.campaign_recipients.first_seen_at IS 'When the pipeline first saw the row.';
COMMENT ON COLUMN stats.campaign_recipients.sent_after IS 'For who was not listed at an earlier look, when the report counted fewer mails: the newest look at which it still did, so the mail was sent between then and first_seen_at. Null: listed at the first look.';
COMMENT ON COLUMN stats.campaign_recipients.changed_at IS 'When the row last changed.';
COMMENT ON COLUMN stats.campaign_recipients.gone_after IS 'For a deleted member: when the events were last read before; null if they never were.';
COMMENT ON COLUMN stats.campaign_recipients.gone_at IS 'Since when Mailchimp''s whole list of recipients lacks the member: deleted there. Null: listed.';
CREATE TABLE stats.campaigns (
    campaign_id text NOT NULL,
    web_id bigint,
    parent_campaign_id text,
    list_id text,
    list_name text,
    type text,
    status text,
    title text,
    subject_line text,
    preview_text text,
    from_name text,
    reply_to text,
    content_type text,
    segment_text text,
    recipient_count bigint,
    emails_sent bigint,
    created_at timestamp with time zone,
    sent_at timestamp with time zone,
    archive_url text,
    variate_settings jsonb,
    ab_split_options jsonb,
    extra jsonb,
    first_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    read_at timestamp with time zone DEFAULT now() NOT NULL,
    gone_at timestamp with time zone,
    sent_on_until timestamp with time zone,
    is_ongoing boolean GENERATED ALWAYS AS ((COALESCE((type = ANY (ARRAY['automation'::text, 'auto'::text])), false) OR (sent_on_until IS NOT NULL))) STORED NOT NULL,
    counted_at timestamp with time zone GENERATED ALWAYS AS (COALESCE(sent_at, created_at, first_seen_at)) STORED,
    is_series boolean GENERATED ALWAYS AS (COALESCE(((type = 'rss'::text) AND (parent_campaign_id IS NULL)), false)) STORED NOT NULL
);
COMMENT ON TABLE stats.campaigns IS 'Every campaign of the account, of all types, also those made in Mailchimp by hand.';
COMMENT ON COLUMN stats.campaigns.campaign_id IS 'Mailchimp''s id of the campaign.';
COMMENT ON COLUMN stats.campaigns.web_id IS 'Id in the address of the campaign in Mailchimp''s web application.';
COMMENT ON COLUMN stats.campaigns.parent_campaign_id IS 'Campaign that this one is a mail of (RSS), or that it repeats (resend); null: it stands alone. No foreign key: the parent of an automation''s mail is no campaign.';
COMMENT ON COLUMN stats.campaigns.list_id IS 'Audience it goes to.';
COMMENT ON COLUMN stats.campaigns.list_name IS 'Name of the audience.';
COMMENT ON COLUMN stats.campaigns.type IS 'regular, plaintext, absplit, rss, variate, …';
COMMENT ON COLUMN stats.campaigns.status IS 'save, paused, schedule, sending, sent, …';
COMMENT ON COLUMN stats.campaigns.title IS 'Internal title.';
COMMENT ON COLUMN stats.campaigns.subject_line IS 'Subject as recipients see it.';
COMMENT ON COLUMN stats.campaigns.preview_text IS 'Line that mail programs show after the subject.';
COMMENT ON COLUMN stats.campaigns.from_name IS 'Name of the sender.';
COMMENT ON COLUMN stats.campaigns.reply_to IS 'Address that answers go to.';
COMMENT ON COLUMN stats.campaigns.content_type IS 'How the body was made: template, html, url, multichannel.';
COMMENT ON COLUMN stats.campaigns.segment_text IS 'Mailchimp''s description of the segment it went to.';
COMMENT ON COLUMN stats.campaigns.recipient_count IS 'Members of the audience or segment, as Mailchimp counts them.';
COMMENT ON COLUMN stats.campaigns.emails_sent IS 'Mails sent.';
COMMENT ON COLUMN stats.campaigns.created_at IS 'When the campaign was created.';
COMMENT ON COLUMN stats.campaigns.sent_at IS 'When it was sent; null before.';
COMMENT ON COLUMN stats.campaigns.archive_url IS 'Public page that shows the mail.';
COMMENT ON COLUMN stats.campaigns.variate_settings IS 'Settings and combinations of a multivariate test.';
COMMENT ON COLUMN stats.campaigns.ab_split_options IS 'Settings of an A/B split of the older kind.';
COMMENT ON COLUMN stats.campaigns.extra IS 'Fields the API has added since; kept as they came.';
COMMENT ON COLUMN stats.campaigns.first_seen_at IS 'When the pipeline first saw the campaign.';
COMMENT ON COLUMN stats.campaigns.read_at IS 'When the pipeline last read these columns.';
COMMENT ON COLUMN stats.campaigns.gone_at IS 'When Mailchimp no longer knew the campaign; what was read of it stays.';
COMMENT ON COLUMN stats.campaigns.sent_on_until IS 'Newest time at which it was found to send on, more than two days after its time of sending; null: never.';
COMMENT ON COLUMN stats.campaigns.is_ongoing IS 'Whether it has no end, as an automation or a welcome mail: each recipient gets it at a time of their own. By its type, or because it was found to send on.';
COMMENT ON COLUMN stats.campaigns.counted_at IS 'Moment whose day and month the campaign counts in: its sending; where Mailchimp gives none, its creation.';
COMMENT ON COLUMN stats.campaigns.is_series IS 'Whether it sends nothing itself: each mail of an RSS campaign is a campaign of its own, with this parent.';
CREATE FUNCTION mart.received_at(campaign stats.campaigns, recipient stats.campaign_recipients, first_event_at timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    AS $$
    select
        case
            when not campaign.is_ongoing then campaign.counted_at
            when
                recipient.first_seen_at
                <= greatest(campaign.sent_at, recipient.sent_after) + interval '48 hours'
                then least(greatest(campaign.sent_at, recipient.sent_after), first_event_at)
            else first_event_at
        end
$$;
COMMENT ON FUNCTION mart.received_at(campaign stats.campaigns, recipient stats.campaign_recipients, first_event_at timestamp with time zone) IS 'When a mail was received. A campaign''s time of sending counts for all but campaigns without an end. Of those: the newest look before the recipient was listed, where it was at most two days earlier; else the first thing the recipient did with the mail; else null, for nothing tells.';
CREATE FUNCTION stats.describe_as(view_name regclass, table_name regclass) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
    described record;
begin
    for described in
        select attribute.attname, col_description(attribute.attrelid, attribute.attnum) as words
        from pg_attribute as attribute
        where attribute.attrelid = table_name and attribute.attnum > 0 and not attribute.attisdropped
    loop
        execute format('comment on column %s.%I is %L', view_name, described.attname, described.words);
    end loop;
end
$$;
COMMENT ON FUNCTION stats.describe_as(view_name regclass, table_name regclass) IS 'Gives the columns of a view the comments of a table''s columns.';
CREATE FUNCTION stats.drop_erased(landing regclass, of_campaign_id text) RETURNS bigint
    LANGUAGE plpgsql
    AS $_$
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
$_$;
COMMENT ON FUNCTION stats.drop_erased(landing regclass, of_campaign_id text) IS 'Deletes the rows of erased people from a landing table, unless they signed up again before the campaign.';
CREATE FUNCTION stats.ensure_activity_month(month date) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
    partition_name text := 'campaign_activities_' || to_char(month, 'YYYY_MM');
    lower_bound timestamptz := date_trunc('month', month::timestamp) at time zone 'UTC';
    upper_bound timestamptz := (date_trunc('month', month::timestamp) + interval '1 month') at time zone 'UTC';
begin
    if to_regclass('stats.' || partition_name) is not null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtextextended('stats.ensure_activity_month', 0));
    if to_regclass('stats.' || partition_name) is not null then
        return;
    end if;
    execute format('create table stats.%I (like stats.campaign_activities including all)', partition_name);
    execute format(
        'comment on table stats.%I is %L', partition_name,
        'Events of ' || to_char(month, 'YYYY-MM') || ' (UTC): a part of stats.campaign_activities.'
    );
    execute format(
        'alter table stats.campaign_activities attach partition stats.%I for values from (%L) to (%L)',
        partition_name, lower_bound, upper_bound
    );
end
$$;
COMMENT ON FUNCTION stats.ensure_activity_month(month date) IS 'Creates the partition of events for a month, if missing.';
CREATE FUNCTION stats.know_list() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if new.list_id is not null then
        insert into stats.lists (list_id, name) values (new.list_id, new.list_name)
        on conflict (list_id) do nothing;
    end if;
    return new;
end
$$;
COMMENT ON FUNCTION stats.know_list() IS 'Makes the row of stats.lists that a campaign refers to.';
CREATE FUNCTION stats.know_members(landing regclass, of_campaign_id text) RETURNS void
    LANGUAGE plpgsql
    AS $_$
begin
    execute format(
        $query$
        update %s as landed
        set list_id = campaign.list_id
        from stats.campaigns as campaign
        where landed.list_id is null and campaign.campaign_id = $1
        $query$,
        landing
    )
    using of_campaign_id;
    execute format(
        $query$
        with named as (
            select distinct landed.list_id, landed.subscriber_hash
            from %s as landed
            where landed.list_id is not null
        ),
        audience as (
            insert into stats.lists (list_id)
            select distinct named.list_id
            from named
            on conflict (list_id) do nothing
        )
        insert into stats.members (list_id, subscriber_hash)
        select named.list_id, named.subscriber_hash
        from named
        where not exists (
            select from stats.members as known
            where known.list_id = named.list_id and known.subscriber_hash = named.subscriber_hash
        )
        order by named.list_id, named.subscriber_hash
        on conflict (list_id, subscriber_hash) do nothing
        $query$,
        landing
    );
end
$_$;
COMMENT ON FUNCTION stats.know_members(landing regclass, of_campaign_id text) IS 'Makes the rows of stats.members that a landing table refers to; who lacks an audience gets the campaign''s.';
CREATE FUNCTION sync.cause_of_removal(action text, planned_cause text, status_before text) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$
    select case
        when planned_cause = 'erased_contact' then 'forgotten'
        when
            action = 'archive'
            then case when status_before = 'subscribed' then 'our_archive' else 'hand_archive' end
        when planned_cause = 'suppressed_complaint' then 'complaint'
        when planned_cause = 'suppressed_cleaned' then 'cleaned'
        when planned_cause like 'suppressed%' then 'own_unsubscribe'
        else 'our_unsubscribe'
    end
$$;
COMMENT ON FUNCTION sync.cause_of_removal(action text, planned_cause text, status_before text) IS 'sync.member.cause after a removal that was ours.';
CREATE FUNCTION sync.hmac_pad(pad integer) RETURNS bytea
    LANGUAGE sql STABLE
    AS $$
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
COMMENT ON FUNCTION sync.hmac_pad(pad integer) IS 'The suppression key, padded and xored with one byte.';
CREATE FUNCTION sync.is_opt_out(action text, planned_cause text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    select coalesce(
        action = 'unsubscribe'
        and planned_cause in ('suppressed_complaint', 'suppressed_unsubscribed', 'suppressed_compliance'),
        false
    )
$$;
COMMENT ON FUNCTION sync.is_opt_out(action text, planned_cause text) IS 'Whether a removal of ours only follows the person''s own opt-out.';
CREATE FUNCTION sync.keyed_digest(inner_pad bytea, outer_pad bytea, message text) RETURNS bytea
    LANGUAGE sql IMMUTABLE
    AS $$
    select sha256(outer_pad || sha256(inner_pad || convert_to(message, 'UTF8')))
$$;
COMMENT ON FUNCTION sync.keyed_digest(inner_pad bytea, outer_pad bytea, message text) IS 'HMAC-SHA-256 of a text under pads 54 and 92 of sync.hmac_pad.';
CREATE TABLE mart.campaign_quarter_hours (
    campaign_id text NOT NULL,
    began_at timestamp with time zone NOT NULL,
    opens bigint NOT NULL,
    proxy_opens bigint NOT NULL,
    clicks bigint NOT NULL,
    bounces bigint NOT NULL
);
COMMENT ON TABLE mart.campaign_quarter_hours IS 'Events of each campaign by quarter hour: days and hours of any time zone are sums of these. Stays when retention removes the events.';
COMMENT ON COLUMN mart.campaign_quarter_hours.campaign_id IS 'The campaign.';
COMMENT ON COLUMN mart.campaign_quarter_hours.began_at IS 'When the quarter hour began.';
COMMENT ON COLUMN mart.campaign_quarter_hours.opens IS 'Opens, repeated ones and those by proxies included.';
COMMENT ON COLUMN mart.campaign_quarter_hours.proxy_opens IS 'Opens known to be by a proxy.';
COMMENT ON COLUMN mart.campaign_quarter_hours.clicks IS 'Clicks, repeated ones included.';
COMMENT ON COLUMN mart.campaign_quarter_hours.bounces IS 'Bounces of both kinds.';
CREATE TABLE mart.setting (
    only_row boolean DEFAULT true NOT NULL,
    report_time_zone text DEFAULT 'UTC'::text NOT NULL,
    rebuild boolean DEFAULT true NOT NULL,
    refreshed_at timestamp with time zone,
    CONSTRAINT setting_only_row_check CHECK (only_row)
);
COMMENT ON TABLE mart.setting IS 'One row: how days are cut, and whether the marts are to be counted from nothing.';
COMMENT ON COLUMN mart.setting.only_row IS 'Always true.';
COMMENT ON COLUMN mart.setting.report_time_zone IS 'Time zone whose days, months and hours the marts show.';
COMMENT ON COLUMN mart.setting.rebuild IS 'True: the next refresh counts everything anew, whatever changed.';
COMMENT ON COLUMN mart.setting.refreshed_at IS 'When the marts were last refreshed.';
CREATE VIEW mart.campaign_hours AS
 SELECT quarter.campaign_id,
    (EXTRACT(isodow FROM moments.local_at))::smallint AS weekday,
    (EXTRACT(hour FROM moments.local_at))::smallint AS hour,
    (sum(quarter.opens))::bigint AS opens,
    (sum((quarter.opens - quarter.proxy_opens)))::bigint AS opens_without_proxy,
    (sum(quarter.clicks))::bigint AS clicks
   FROM ((mart.campaign_quarter_hours quarter
     CROSS JOIN mart.setting setting)
     CROSS JOIN LATERAL ( VALUES ((quarter.began_at AT TIME ZONE setting.report_time_zone))) moments(local_at))
  GROUP BY quarter.campaign_id, ((EXTRACT(isodow FROM moments.local_at))::smallint), ((EXTRACT(hour FROM moments.local_at))::smallint);
COMMENT ON VIEW mart.campaign_hours IS 'When each campaign was opened and clicked, by weekday and hour of the report time zone.';
COMMENT ON COLUMN mart.campaign_hours.campaign_id IS 'The campaign.';
COMMENT ON COLUMN mart.campaign_hours.weekday IS '1 Monday to 7 Sunday.';
COMMENT ON COLUMN mart.campaign_hours.hour IS 'Hour of the day, 0 to 23.';
COMMENT ON COLUMN mart.campaign_hours.opens IS 'Opens in that hour, proxies included.';
COMMENT ON COLUMN mart.campaign_hours.opens_without_proxy IS 'Opens not known to be by a proxy.';
COMMENT ON COLUMN mart.campaign_hours.clicks IS 'Clicks in that hour.';
CREATE VIEW mart.audience_hours AS
 SELECT campaign.list_id,
    hours.weekday,
    hours.hour,
    (sum(hours.opens))::bigint AS opens,
    (sum(hours.opens_without_proxy))::bigint AS opens_without_proxy,
    (sum(hours.clicks))::bigint AS clicks,
    rank() OVER (PARTITION BY campaign.list_id ORDER BY (sum(hours.clicks)) DESC, (sum(hours.opens_without_proxy)) DESC) AS rank_in_audience
   FROM (mart.campaign_hours hours
     JOIN stats.campaigns campaign ON ((hours.campaign_id = campaign.campaign_id)))
  GROUP BY campaign.list_id, hours.weekday, hours.hour;
COMMENT ON VIEW mart.audience_hours IS 'When each audience opened and clicked, by hour of the week in the report time zone. Most opens follow soon after the mail, so this depends on when mails were sent: it tells when people read; when to send, mart.audience_sending_times.';
COMMENT ON COLUMN mart.audience_hours.list_id IS 'The audience.';
COMMENT ON COLUMN mart.audience_hours.weekday IS '1 Monday to 7 Sunday.';
COMMENT ON COLUMN mart.audience_hours.hour IS 'Hour of the day, 0 to 23.';
COMMENT ON COLUMN mart.audience_hours.opens IS 'Opens in that hour, proxies included.';
COMMENT ON COLUMN mart.audience_hours.opens_without_proxy IS 'Opens not known to be by a proxy.';
COMMENT ON COLUMN mart.audience_hours.clicks IS 'Clicks in that hour.';
COMMENT ON COLUMN mart.audience_hours.rank_in_audience IS '1 is the hour with most clicks.';
CREATE VIEW mart.audience_best_times AS
 WITH days AS (
         SELECT audience_hours.list_id,
            audience_hours.weekday,
            row_number() OVER (PARTITION BY audience_hours.list_id ORDER BY (sum(audience_hours.clicks)) DESC, (sum(audience_hours.opens_without_proxy)) DESC, audience_hours.weekday) AS place
           FROM mart.audience_hours
          GROUP BY audience_hours.list_id, audience_hours.weekday
        ), hours AS (
         SELECT audience_hours.list_id,
            audience_hours.hour,
            row_number() OVER (PARTITION BY audience_hours.list_id ORDER BY (sum(audience_hours.clicks)) DESC, (sum(audience_hours.opens_without_proxy)) DESC, audience_hours.hour) AS place
           FROM mart.audience_hours
          GROUP BY audience_hours.list_id, audience_hours.hour
        )
 SELECT days.list_id,
    days.weekday AS best_weekday,
    hours.hour AS best_hour
   FROM (days
     JOIN hours ON (((days.list_id = hours.list_id) AND (hours.place = 1))))
  WHERE (days.place = 1);
COMMENT ON VIEW mart.audience_best_times IS 'Busiest weekday and busiest hour of each audience, each by itself: most clicks, then most opens not by a proxy. As mart.audience_hours it depends on when mails were sent: see mart.audience_sending_times.';
COMMENT ON COLUMN mart.audience_best_times.list_id IS 'The audience.';
COMMENT ON COLUMN mart.audience_best_times.best_weekday IS '1 Monday to 7 Sunday, in the report time zone.';
COMMENT ON COLUMN mart.audience_best_times.best_hour IS 'Hour of the day, 0 to 23, in the report time zone.';
CREATE TABLE mart.campaign_cohort (
    campaign_id text NOT NULL,
    cohort_month date NOT NULL,
    month date NOT NULL,
    recipients bigint NOT NULL,
    delivered bigint NOT NULL,
    openers bigint NOT NULL,
    human_openers bigint NOT NULL,
    clickers bigint NOT NULL,
    unsubscribes bigint NOT NULL
);
COMMENT ON TABLE mart.campaign_cohort IS 'Recipients of each campaign by the month they got it in and that of the first campaign they ever got in that audience; without those of whom nothing tells when they got it.';
COMMENT ON COLUMN mart.campaign_cohort.campaign_id IS 'The campaign.';
COMMENT ON COLUMN mart.campaign_cohort.cohort_month IS 'First day of the month (report time zone) of the member''s first campaign in the audience.';
COMMENT ON COLUMN mart.campaign_cohort.month IS 'First day of the month (report time zone) in which they got this one.';
COMMENT ON COLUMN mart.campaign_cohort.recipients IS 'Recipients of that cohort.';
COMMENT ON COLUMN mart.campaign_cohort.delivered IS 'Of them, those without bounce.';
COMMENT ON COLUMN mart.campaign_cohort.openers IS 'Who opened, proxies included.';
COMMENT ON COLUMN mart.campaign_cohort.human_openers IS 'Who has an open not known to be by a proxy.';
COMMENT ON COLUMN mart.campaign_cohort.clickers IS 'Who clicked.';
COMMENT ON COLUMN mart.campaign_cohort.unsubscribes IS 'Who unsubscribed through it.';
CREATE VIEW mart.audience_cohorts AS
 SELECT campaign.list_id,
    cohort.cohort_month,
    (((EXTRACT(year FROM age((cohort.month)::timestamp with time zone, (cohort.cohort_month)::timestamp with time zone)) * (12)::numeric) + EXTRACT(month FROM age((cohort.month)::timestamp with time zone, (cohort.cohort_month)::timestamp with time zone))))::integer AS months_since_first,
    (sum(cohort.delivered))::bigint AS delivered,
    (sum(cohort.openers))::bigint AS openers,
    (sum(cohort.human_openers))::bigint AS openers_without_proxy,
    (sum(cohort.clickers))::bigint AS clickers,
    (sum(cohort.unsubscribes))::bigint AS unsubscribes,
    round((sum(cohort.openers) / NULLIF(sum(cohort.delivered), (0)::numeric)), 4) AS open_rate,
    round((sum(cohort.human_openers) / NULLIF(sum(cohort.delivered), (0)::numeric)), 4) AS open_rate_without_proxy,
    round((sum(cohort.clickers) / NULLIF(sum(cohort.delivered), (0)::numeric)), 4) AS click_rate
   FROM (mart.campaign_cohort cohort
     JOIN stats.campaigns campaign ON ((cohort.campaign_id = campaign.campaign_id)))
  GROUP BY campaign.list_id, cohort.cohort_month, cohort.month;
COMMENT ON VIEW mart.audience_cohorts IS 'How members who began in the same month go on reading, month after month.';
COMMENT ON COLUMN mart.audience_cohorts.list_id IS 'The audience.';
COMMENT ON COLUMN mart.audience_cohorts.cohort_month IS 'Month of the members'' first campaign.';
COMMENT ON COLUMN mart.audience_cohorts.months_since_first IS 'Months after it; 0 is the same month.';
COMMENT ON COLUMN mart.audience_cohorts.delivered IS 'Mails delivered to the cohort in that month.';
COMMENT ON COLUMN mart.audience_cohorts.openers IS 'Of these mails, those opened, proxies included.';
COMMENT ON COLUMN mart.audience_cohorts.openers_without_proxy IS 'Those with an open not known to be by a proxy.';
COMMENT ON COLUMN mart.audience_cohorts.clickers IS 'Those clicked in.';
COMMENT ON COLUMN mart.audience_cohorts.unsubscribes IS 'Those unsubscribed through.';
COMMENT ON COLUMN mart.audience_cohorts.open_rate IS 'openers per delivered mail.';
COMMENT ON COLUMN mart.audience_cohorts.open_rate_without_proxy IS 'openers_without_proxy per delivered mail.';
COMMENT ON COLUMN mart.audience_cohorts.click_rate IS 'clickers per delivered mail.';
CREATE TABLE mart.campaign_engagement (
    campaign_id text NOT NULL,
    recipients bigint NOT NULL,
    delivered bigint NOT NULL,
    openers bigint NOT NULL,
    human_openers bigint NOT NULL,
    clickers bigint NOT NULL,
    opens bigint NOT NULL,
    proxy_opens bigint NOT NULL,
    clicks bigint NOT NULL,
    first_open_at timestamp with time zone,
    last_open_at timestamp with time zone,
    first_click_at timestamp with time zone,
    last_click_at timestamp with time zone,
    median_seconds_to_first_open double precision,
    median_seconds_to_first_human_open double precision,
    refreshed_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE mart.campaign_engagement IS 'Recipients and events of each campaign, counted from ours; caught up campaign by campaign.';
COMMENT ON COLUMN mart.campaign_engagement.campaign_id IS 'The campaign.';
COMMENT ON COLUMN mart.campaign_engagement.recipients IS 'Recipients known to us.';
COMMENT ON COLUMN mart.campaign_engagement.delivered IS 'Of them, those without bounce.';
COMMENT ON COLUMN mart.campaign_engagement.openers IS 'Members who opened, proxies included.';
COMMENT ON COLUMN mart.campaign_engagement.human_openers IS 'Members with an open not known to be by a proxy.';
COMMENT ON COLUMN mart.campaign_engagement.clickers IS 'Members who clicked.';
COMMENT ON COLUMN mart.campaign_engagement.opens IS 'Opens, repeated ones and those by proxies included; at most 1,000 of a member in a campaign, for Mailchimp lists no more.';
COMMENT ON COLUMN mart.campaign_engagement.proxy_opens IS 'Opens known to be by a proxy.';
COMMENT ON COLUMN mart.campaign_engagement.clicks IS 'Clicks, repeated ones included; at most 1,000 of a member in a campaign, for Mailchimp lists no more.';
COMMENT ON COLUMN mart.campaign_engagement.first_open_at IS 'First open.';
COMMENT ON COLUMN mart.campaign_engagement.last_open_at IS 'Newest open.';
COMMENT ON COLUMN mart.campaign_engagement.first_click_at IS 'First click.';
COMMENT ON COLUMN mart.campaign_engagement.last_click_at IS 'Newest click.';
COMMENT ON COLUMN mart.campaign_engagement.median_seconds_to_first_open IS 'Median over openers of the seconds from sending to their first open; null for campaigns without an end.';
COMMENT ON COLUMN mart.campaign_engagement.median_seconds_to_first_human_open IS 'The same without opens known to be by a proxy.';
COMMENT ON COLUMN mart.campaign_engagement.refreshed_at IS 'When the row was last counted.';
CREATE TABLE stats.report_snapshots (
    campaign_id text NOT NULL,
    taken_at timestamp with time zone DEFAULT now() NOT NULL,
    list_id text,
    emails_sent bigint DEFAULT 0 NOT NULL,
    opens_total bigint DEFAULT 0 NOT NULL,
    unique_opens bigint DEFAULT 0 NOT NULL,
    proxy_excluded_opens bigint,
    proxy_excluded_unique_opens bigint,
    open_rate double precision,
    last_open_at timestamp with time zone,
    clicks_total bigint DEFAULT 0 NOT NULL,
    unique_clicks bigint DEFAULT 0 NOT NULL,
    unique_subscriber_clicks bigint DEFAULT 0 NOT NULL,
    click_rate double precision,
    last_click_at timestamp with time zone,
    unsubscribed bigint DEFAULT 0 NOT NULL,
    hard_bounces bigint DEFAULT 0 NOT NULL,
    soft_bounces bigint DEFAULT 0 NOT NULL,
    syntax_errors bigint DEFAULT 0 NOT NULL,
    abuse_reports bigint DEFAULT 0 NOT NULL,
    forwards_count bigint DEFAULT 0 NOT NULL,
    forwards_opens bigint DEFAULT 0 NOT NULL,
    ab_split jsonb,
    timewarp jsonb,
    timeseries jsonb,
    list_stats jsonb,
    industry_stats jsonb,
    delivery_status jsonb,
    ecommerce jsonb,
    extra jsonb
);
COMMENT ON TABLE stats.report_snapshots IS 'Append-only history of each campaign''s report: a row for every time its figures had changed.';
COMMENT ON COLUMN stats.report_snapshots.campaign_id IS 'The campaign.';
COMMENT ON COLUMN stats.report_snapshots.taken_at IS 'When the report was read.';
COMMENT ON COLUMN stats.report_snapshots.list_id IS 'Audience it went to.';
COMMENT ON COLUMN stats.report_snapshots.emails_sent IS 'Mails sent so far.';
COMMENT ON COLUMN stats.report_snapshots.opens_total IS 'Opens, repeated ones and those by proxies included.';
COMMENT ON COLUMN stats.report_snapshots.unique_opens IS 'Members who opened, proxies included.';
COMMENT ON COLUMN stats.report_snapshots.proxy_excluded_opens IS 'Opens without those by mail privacy proxies; null where the API does not say.';
COMMENT ON COLUMN stats.report_snapshots.proxy_excluded_unique_opens IS 'Members who opened, without proxies; null where the API does not say.';
COMMENT ON COLUMN stats.report_snapshots.open_rate IS 'unique_opens per successful delivery, 0 to 1.';
COMMENT ON COLUMN stats.report_snapshots.last_open_at IS 'Newest open.';
COMMENT ON COLUMN stats.report_snapshots.clicks_total IS 'Clicks, repeated ones included.';
COMMENT ON COLUMN stats.report_snapshots.unique_clicks IS 'Distinct pairs of member and link.';
COMMENT ON COLUMN stats.report_snapshots.unique_subscriber_clicks IS 'Members who clicked.';
COMMENT ON COLUMN stats.report_snapshots.click_rate IS 'Members who clicked per successful delivery, 0 to 1.';
COMMENT ON COLUMN stats.report_snapshots.last_click_at IS 'Newest click.';
COMMENT ON COLUMN stats.report_snapshots.unsubscribed IS 'Members who unsubscribed through this campaign.';
COMMENT ON COLUMN stats.report_snapshots.hard_bounces IS 'Permanent delivery failures.';
COMMENT ON COLUMN stats.report_snapshots.soft_bounces IS 'Temporary delivery failures.';
COMMENT ON COLUMN stats.report_snapshots.syntax_errors IS 'Failures because of malformed addresses.';
COMMENT ON COLUMN stats.report_snapshots.abuse_reports IS 'Complaints.';
COMMENT ON COLUMN stats.report_snapshots.forwards_count IS 'Times the mail was forwarded.';
COMMENT ON COLUMN stats.report_snapshots.forwards_opens IS 'Opens of forwarded mails.';
COMMENT ON COLUMN stats.report_snapshots.ab_split IS 'Figures of the groups of an A/B split.';
COMMENT ON COLUMN stats.report_snapshots.timewarp IS 'Figures per time zone of a timewarp send.';
COMMENT ON COLUMN stats.report_snapshots.timeseries IS 'Hourly figures of the first 24 hours.';
COMMENT ON COLUMN stats.report_snapshots.list_stats IS 'The audience''s averages at that time.';
COMMENT ON COLUMN stats.report_snapshots.industry_stats IS 'The industry''s averages at that time.';
COMMENT ON COLUMN stats.report_snapshots.delivery_status IS 'State of a send in progress.';
COMMENT ON COLUMN stats.report_snapshots.ecommerce IS 'Orders that Mailchimp attributes to the campaign.';
COMMENT ON COLUMN stats.report_snapshots.extra IS 'Fields the API has added since; kept as they came.';
CREATE VIEW stats.latest_report AS
 SELECT newest.campaign_id,
    newest.taken_at,
    newest.list_id,
    newest.emails_sent,
    newest.opens_total,
    newest.unique_opens,
    newest.proxy_excluded_opens,
    newest.proxy_excluded_unique_opens,
    newest.open_rate,
    newest.last_open_at,
    newest.clicks_total,
    newest.unique_clicks,
    newest.unique_subscriber_clicks,
    newest.click_rate,
    newest.last_click_at,
    newest.unsubscribed,
    newest.hard_bounces,
    newest.soft_bounces,
    newest.syntax_errors,
    newest.abuse_reports,
    newest.forwards_count,
    newest.forwards_opens,
    newest.ab_split,
    newest.timewarp,
    newest.timeseries,
    newest.list_stats,
    newest.industry_stats,
    newest.delivery_status,
    newest.ecommerce,
    newest.extra
   FROM (stats.campaigns campaign
     CROSS JOIN LATERAL ( SELECT snapshot.campaign_id,
            snapshot.taken_at,
            snapshot.list_id,
            snapshot.emails_sent,
            snapshot.opens_total,
            snapshot.unique_opens,
            snapshot.proxy_excluded_opens,
            snapshot.proxy_excluded_unique_opens,
            snapshot.open_rate,
            snapshot.last_open_at,
            snapshot.clicks_total,
            snapshot.unique_clicks,
            snapshot.unique_subscriber_clicks,
            snapshot.click_rate,
            snapshot.last_click_at,
            snapshot.unsubscribed,
            snapshot.hard_bounces,
            snapshot.soft_bounces,
            snapshot.syntax_errors,
            snapshot.abuse_reports,
            snapshot.forwards_count,
            snapshot.forwards_opens,
            snapshot.ab_split,
            snapshot.timewarp,
            snapshot.timeseries,
            snapshot.list_stats,
            snapshot.industry_stats,
            snapshot.delivery_status,
            snapshot.ecommerce,
            snapshot.extra
           FROM stats.report_snapshots snapshot
          WHERE (snapshot.campaign_id = campaign.campaign_id)
          ORDER BY snapshot.taken_at DESC
         LIMIT 1) newest);
COMMENT ON VIEW stats.latest_report IS 'The newest snapshot of each campaign''s report.';
COMMENT ON COLUMN stats.latest_report.campaign_id IS 'The campaign.';
COMMENT ON COLUMN stats.latest_report.taken_at IS 'When the report was read.';
COMMENT ON COLUMN stats.latest_report.list_id IS 'Audience it went to.';
COMMENT ON COLUMN stats.latest_report.emails_sent IS 'Mails sent so far.';
COMMENT ON COLUMN stats.latest_report.opens_total IS 'Opens, repeated ones and those by proxies included.';
COMMENT ON COLUMN stats.latest_report.unique_opens IS 'Members who opened, proxies included.';
COMMENT ON COLUMN stats.latest_report.proxy_excluded_opens IS 'Opens without those by mail privacy proxies; null where the API does not say.';
COMMENT ON COLUMN stats.latest_report.proxy_excluded_unique_opens IS 'Members who opened, without proxies; null where the API does not say.';
COMMENT ON COLUMN stats.latest_report.open_rate IS 'unique_opens per successful delivery, 0 to 1.';
COMMENT ON COLUMN stats.latest_report.last_open_at IS 'Newest open.';
COMMENT ON COLUMN stats.latest_report.clicks_total IS 'Clicks, repeated ones included.';
COMMENT ON COLUMN stats.latest_report.unique_clicks IS 'Distinct pairs of member and link.';
COMMENT ON COLUMN stats.latest_report.unique_subscriber_clicks IS 'Members who clicked.';
COMMENT ON COLUMN stats.latest_report.click_rate IS 'Members who clicked per successful delivery, 0 to 1.';
COMMENT ON COLUMN stats.latest_report.last_click_at IS 'Newest click.';
COMMENT ON COLUMN stats.latest_report.unsubscribed IS 'Members who unsubscribed through this campaign.';
COMMENT ON COLUMN stats.latest_report.hard_bounces IS 'Permanent delivery failures.';
COMMENT ON COLUMN stats.latest_report.soft_bounces IS 'Temporary delivery failures.';
COMMENT ON COLUMN stats.latest_report.syntax_errors IS 'Failures because of malformed addresses.';
COMMENT ON COLUMN stats.latest_report.abuse_reports IS 'Complaints.';
COMMENT ON COLUMN stats.latest_report.forwards_count IS 'Times the mail was forwarded.';
COMMENT ON COLUMN stats.latest_report.forwards_opens IS 'Opens of forwarded mails.';
COMMENT ON COLUMN stats.latest_report.ab_split IS 'Figures of the groups of an A/B split.';
COMMENT ON COLUMN stats.latest_report.timewarp IS 'Figures per time zone of a timewarp send.';
COMMENT ON COLUMN stats.latest_report.timeseries IS 'Hourly figures of the first 24 hours.';
COMMENT ON COLUMN stats.latest_report.list_stats IS 'The audience''s averages at that time.';
COMMENT ON COLUMN stats.latest_report.industry_stats IS 'The industry''s averages at that time.';
COMMENT ON COLUMN stats.latest_report.delivery_status IS 'State of a send in progress.';
COMMENT ON COLUMN stats.latest_report.ecommerce IS 'Orders that Mailchimp attributes to the campaign.';
COMMENT ON COLUMN stats.latest_report.extra IS 'Fields the API has added since; kept as they came.';
CREATE VIEW mart.campaign_performance AS
 SELECT campaign.campaign_id,
    campaign.list_id,
    campaign.list_name,
    campaign.type AS campaign_type,
    campaign.status,
    campaign.title AS campaign_title,
    campaign.subject_line,
    campaign.sent_at,
    ((campaign.counted_at AT TIME ZONE setting.report_time_zone))::date AS sent_on,
    report.emails_sent,
    report.hard_bounces,
    report.soft_bounces,
    report.delivered,
    report.opens_total AS opens,
    report.unique_opens,
    human.openers AS unique_opens_without_proxy,
    report.clicks_total AS clicks,
    report.unique_clicks AS unique_link_clicks,
    report.unique_subscriber_clicks AS unique_clicks,
    report.unsubscribed AS unsubscribes,
    report.abuse_reports,
    report.forwards_count AS forwards,
    round(((report.delivered)::numeric / (NULLIF(report.emails_sent, 0))::numeric), 4) AS delivery_rate,
    round(((report.unique_opens)::numeric / (NULLIF(report.delivered, 0))::numeric), 4) AS open_rate,
    round(((human.openers)::numeric / (NULLIF(report.delivered, 0))::numeric), 4) AS open_rate_without_proxy,
    round(((report.unique_subscriber_clicks)::numeric / (NULLIF(report.delivered, 0))::numeric), 4) AS click_rate,
    round(((report.unique_subscriber_clicks)::numeric / (NULLIF(report.unique_opens, 0))::numeric), 4) AS click_to_open_rate,
    round(((report.unique_subscriber_clicks)::numeric / (NULLIF(human.openers, 0))::numeric), 4) AS click_to_open_rate_without_proxy,
    round(((report.unsubscribed)::numeric / (NULLIF(report.delivered, 0))::numeric), 4) AS unsubscribe_rate,
    engagement.first_open_at,
    report.last_open_at,
    engagement.first_click_at,
    report.last_click_at,
    engagement.median_seconds_to_first_open,
    engagement.median_seconds_to_first_human_open,
    report.taken_at AS reported_at
   FROM ((((stats.campaigns campaign
     CROSS JOIN mart.setting setting)
     JOIN LATERAL ( SELECT latest.campaign_id,
            latest.taken_at,
            latest.list_id,
            latest.emails_sent,
            latest.opens_total,
            latest.unique_opens,
            latest.proxy_excluded_opens,
            latest.proxy_excluded_unique_opens,
            latest.open_rate,
            latest.last_open_at,
            latest.clicks_total,
            latest.unique_clicks,
            latest.unique_subscriber_clicks,
            latest.click_rate,
            latest.last_click_at,
            latest.unsubscribed,
            latest.hard_bounces,
            latest.soft_bounces,
            latest.syntax_errors,
            latest.abuse_reports,
            latest.forwards_count,
            latest.forwards_opens,
            latest.ab_split,
            latest.timewarp,
            latest.timeseries,
            latest.list_stats,
            latest.industry_stats,
            latest.delivery_status,
            latest.ecommerce,
            latest.extra,
            GREATEST(((latest.emails_sent - latest.hard_bounces) - latest.soft_bounces), (0)::bigint) AS delivered
           FROM stats.latest_report latest
          WHERE (latest.campaign_id = campaign.campaign_id)) report ON (true))
     LEFT JOIN mart.campaign_engagement engagement ON ((campaign.campaign_id = engagement.campaign_id)))
     CROSS JOIN LATERAL ( VALUES (COALESCE(report.proxy_excluded_unique_opens, engagement.human_openers))) human(openers))
  WHERE (NOT campaign.is_series);
COMMENT ON VIEW mart.campaign_performance IS 'Each sent campaign (of an RSS campaign each mail, not the whole) with Mailchimp''s figures and rates per delivered mail (0 to 1).';
COMMENT ON COLUMN mart.campaign_performance.campaign_id IS 'The campaign.';
COMMENT ON COLUMN mart.campaign_performance.list_id IS 'The audience.';
COMMENT ON COLUMN mart.campaign_performance.list_name IS 'Name of the audience.';
COMMENT ON COLUMN mart.campaign_performance.campaign_type IS 'regular, plaintext, absplit, rss, variate, …';
COMMENT ON COLUMN mart.campaign_performance.status IS 'State of the campaign in Mailchimp.';
COMMENT ON COLUMN mart.campaign_performance.campaign_title IS 'Internal title.';
COMMENT ON COLUMN mart.campaign_performance.subject_line IS 'Subject as recipients see it.';
COMMENT ON COLUMN mart.campaign_performance.sent_at IS 'When it was sent.';
COMMENT ON COLUMN mart.campaign_performance.sent_on IS 'Day of sending in the report time zone; of creation where Mailchimp gives no time of sending.';
COMMENT ON COLUMN mart.campaign_performance.emails_sent IS 'Mails sent.';
COMMENT ON COLUMN mart.campaign_performance.hard_bounces IS 'Permanent delivery failures.';
COMMENT ON COLUMN mart.campaign_performance.soft_bounces IS 'Temporary delivery failures.';
COMMENT ON COLUMN mart.campaign_performance.delivered IS 'Mails sent less bounces.';
COMMENT ON COLUMN mart.campaign_performance.opens IS 'Opens, repeated ones and those by proxies included.';
COMMENT ON COLUMN mart.campaign_performance.unique_opens IS 'Members who opened, proxies included.';
COMMENT ON COLUMN mart.campaign_performance.unique_opens_without_proxy IS 'Members with an open not by a proxy: Mailchimp''s figure, or where it gives none ours from events.';
COMMENT ON COLUMN mart.campaign_performance.clicks IS 'Clicks, repeated ones included.';
COMMENT ON COLUMN mart.campaign_performance.unique_link_clicks IS 'Distinct pairs of member and link.';
COMMENT ON COLUMN mart.campaign_performance.unique_clicks IS 'Members who clicked.';
COMMENT ON COLUMN mart.campaign_performance.unsubscribes IS 'Members who unsubscribed through it.';
COMMENT ON COLUMN mart.campaign_performance.abuse_reports IS 'Complaints.';
COMMENT ON COLUMN mart.campaign_performance.forwards IS 'Times it was forwarded.';
COMMENT ON COLUMN mart.campaign_performance.delivery_rate IS 'delivered per mail sent.';
COMMENT ON COLUMN mart.campaign_performance.open_rate IS 'unique_opens per delivered mail.';
COMMENT ON COLUMN mart.campaign_performance.open_rate_without_proxy IS 'unique_opens_without_proxy per delivered mail.';
COMMENT ON COLUMN mart.campaign_performance.click_rate IS 'unique_clicks per delivered mail.';
COMMENT ON COLUMN mart.campaign_performance.click_to_open_rate IS 'unique_clicks per unique open, proxies included, which make it small.';
COMMENT ON COLUMN mart.campaign_performance.click_to_open_rate_without_proxy IS 'unique_clicks per unique_opens_without_proxy.';
COMMENT ON COLUMN mart.campaign_performance.unsubscribe_rate IS 'unsubscribes per delivered mail.';
COMMENT ON COLUMN mart.campaign_performance.first_open_at IS 'First open.';
COMMENT ON COLUMN mart.campaign_performance.last_open_at IS 'Newest open.';
COMMENT ON COLUMN mart.campaign_performance.first_click_at IS 'First click.';
COMMENT ON COLUMN mart.campaign_performance.last_click_at IS 'Newest click.';
COMMENT ON COLUMN mart.campaign_performance.median_seconds_to_first_open IS 'Median over openers of the seconds from sending to their first open; null for campaigns without an end.';
COMMENT ON COLUMN mart.campaign_performance.median_seconds_to_first_human_open IS 'The same without opens known to be by a proxy.';
COMMENT ON COLUMN mart.campaign_performance.reported_at IS 'When the figures were read.';
CREATE TABLE mart.segment_rule (
    only_row boolean DEFAULT true NOT NULL,
    active_days integer DEFAULT 60 NOT NULL,
    dormant_days integer DEFAULT 180 NOT NULL,
    new_days integer DEFAULT 30 NOT NULL,
    champion_click_rate numeric DEFAULT 0.2 NOT NULL,
    champion_campaigns integer DEFAULT 3 NOT NULL,
    trend_months integer DEFAULT 3 NOT NULL,
    trend_step numeric DEFAULT 0.1 NOT NULL,
    mature_hours integer DEFAULT 72 NOT NULL,
    CONSTRAINT segment_rule_mature_hours_check CHECK ((mature_hours > 0)),
    CONSTRAINT segment_rule_only_row_check CHECK (only_row),
    CONSTRAINT segment_rule_trend_months_check CHECK ((trend_months > 0)),
    CONSTRAINT segment_rule_trend_step_check CHECK ((trend_step > (0)::numeric))
);
COMMENT ON TABLE mart.segment_rule IS 'One row: the thresholds of mart.contact_segments, mart.contact_trend and mart.campaign_comparison, to be changed by an update.';
COMMENT ON COLUMN mart.segment_rule.only_row IS 'Always true.';
COMMENT ON COLUMN mart.segment_rule.active_days IS 'Read or clicked within so many days: active, else cooling.';
COMMENT ON COLUMN mart.segment_rule.dormant_days IS 'Neither read nor clicked for so many days: dormant.';
COMMENT ON COLUMN mart.segment_rule.new_days IS 'First campaign within so many days and nothing read yet: new.';
COMMENT ON COLUMN mart.segment_rule.champion_click_rate IS 'Active and clicks in at least this part of campaigns: champion.';
COMMENT ON COLUMN mart.segment_rule.champion_campaigns IS 'A champion got at least so many campaigns.';
COMMENT ON COLUMN mart.segment_rule.trend_months IS 'Length of both windows of the trend: this month and those before it, against as many before these.';
COMMENT ON COLUMN mart.segment_rule.trend_step IS 'Change of the engaged part of campaigns (0 to 1) from which on a trend is rising or falling.';
COMMENT ON COLUMN mart.segment_rule.mature_hours IS 'Age from which on a campaign is compared with others: most who will read it have by then.';
CREATE TABLE stats.report_listing (
    began_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
COMMENT ON TABLE stats.report_listing IS 'Times at which the reports of all campaigns were looked at: a report without a new snapshot was the same.';
COMMENT ON COLUMN stats.report_listing.began_at IS 'When the listing was begun.';
COMMENT ON COLUMN stats.report_listing.ended_at IS 'When everything that had changed was stored.';
CREATE VIEW mart.campaign_comparison AS
 WITH read_by AS (
         SELECT max(report_listing.began_at) AS last_read_at
           FROM stats.report_listing
        ), judged AS (
         SELECT performance.campaign_id,
            performance.list_id,
            performance.list_name,
            performance.campaign_type,
            performance.status,
            performance.campaign_title,
            performance.subject_line,
            performance.sent_at,
            performance.sent_on,
            performance.emails_sent,
            performance.hard_bounces,
            performance.soft_bounces,
            performance.delivered,
            performance.opens,
            performance.unique_opens,
            performance.unique_opens_without_proxy,
            performance.clicks,
            performance.unique_link_clicks,
            performance.unique_clicks,
            performance.unsubscribes,
            performance.abuse_reports,
            performance.forwards,
            performance.delivery_rate,
            performance.open_rate,
            performance.open_rate_without_proxy,
            performance.click_rate,
            performance.click_to_open_rate,
            performance.click_to_open_rate_without_proxy,
            performance.unsubscribe_rate,
            performance.first_open_at,
            performance.last_open_at,
            performance.first_click_at,
            performance.last_click_at,
            performance.median_seconds_to_first_open,
            performance.median_seconds_to_first_human_open,
            performance.reported_at,
            campaign.counted_at,
            campaign.is_ongoing,
            ((NOT campaign.is_ongoing) AND (GREATEST(performance.reported_at, read_by.last_read_at) >= (campaign.counted_at + make_interval(hours => rule.mature_hours)))) AS is_mature
           FROM (((mart.campaign_performance performance
             JOIN stats.campaigns campaign ON ((performance.campaign_id = campaign.campaign_id)))
             CROSS JOIN read_by)
             CROSS JOIN mart.segment_rule rule)
        ), compared AS (
         SELECT judged.campaign_id,
            judged.list_id,
            judged.list_name,
            judged.campaign_type,
            judged.status,
            judged.campaign_title,
            judged.subject_line,
            judged.sent_at,
            judged.sent_on,
            judged.emails_sent,
            judged.hard_bounces,
            judged.soft_bounces,
            judged.delivered,
            judged.opens,
            judged.unique_opens,
            judged.unique_opens_without_proxy,
            judged.clicks,
            judged.unique_link_clicks,
            judged.unique_clicks,
            judged.unsubscribes,
            judged.abuse_reports,
            judged.forwards,
            judged.delivery_rate,
            judged.open_rate,
            judged.open_rate_without_proxy,
            judged.click_rate,
            judged.click_to_open_rate,
            judged.click_to_open_rate_without_proxy,
            judged.unsubscribe_rate,
            judged.first_open_at,
            judged.last_open_at,
            judged.first_click_at,
            judged.last_click_at,
            judged.median_seconds_to_first_open,
            judged.median_seconds_to_first_human_open,
            judged.reported_at,
            judged.counted_at,
            judged.is_ongoing,
            judged.is_mature,
            round(avg(judged.open_rate_without_proxy) FILTER (WHERE judged.is_mature) OVER past, 4) AS past_open_rate_without_proxy,
            round(avg(judged.click_rate) FILTER (WHERE judged.is_mature) OVER past, 4) AS past_click_rate,
            round(avg(judged.unsubscribe_rate) FILTER (WHERE judged.is_mature) OVER past, 4) AS past_unsubscribe_rate,
            count(*) FILTER (WHERE judged.is_mature) OVER past AS past_campaigns
           FROM judged
          WINDOW past AS (PARTITION BY judged.list_id, judged.is_ongoing ORDER BY judged.counted_at, judged.campaign_id ROWS BETWEEN 10 PRECEDING AND 1 PRECEDING)
        )
 SELECT compared.campaign_id,
    compared.list_id,
    compared.campaign_title,
    compared.sent_at,
    compared.sent_on,
    compared.is_mature,
    compared.open_rate_without_proxy,
    compared.click_rate,
    compared.unsubscribe_rate,
    compared.past_open_rate_without_proxy,
    compared.past_click_rate,
    compared.past_unsubscribe_rate,
        CASE
            WHEN compared.is_mature THEN (compared.open_rate_without_proxy - compared.past_open_rate_without_proxy)
            ELSE NULL::numeric
        END AS open_rate_difference,
        CASE
            WHEN compared.is_mature THEN (compared.click_rate - compared.past_click_rate)
            ELSE NULL::numeric
        END AS click_rate_difference,
    compared.past_campaigns
   FROM compared;
COMMENT ON VIEW mart.campaign_comparison IS 'Each campaign beside the average of the up to ten campaigns before it in the same audience, each campaign counting the same whatever its size. Campaigns that people are still reading (is_mature) are not compared.';
COMMENT ON COLUMN mart.campaign_comparison.campaign_id IS 'The campaign.';
COMMENT ON COLUMN mart.campaign_comparison.list_id IS 'The audience.';
COMMENT ON COLUMN mart.campaign_comparison.campaign_title IS 'Internal title.';
COMMENT ON COLUMN mart.campaign_comparison.sent_at IS 'When it was sent.';
COMMENT ON COLUMN mart.campaign_comparison.sent_on IS 'That day in the report time zone.';
COMMENT ON COLUMN mart.campaign_comparison.is_mature IS 'Whether its figures were read when it was mature_hours old (mart.segment_rule), so that most who will read it had; never for campaigns without an end.';
COMMENT ON COLUMN mart.campaign_comparison.open_rate_without_proxy IS 'Its open rate without proxies.';
COMMENT ON COLUMN mart.campaign_comparison.click_rate IS 'Its click rate.';
COMMENT ON COLUMN mart.campaign_comparison.unsubscribe_rate IS 'Its unsubscribe rate.';
COMMENT ON COLUMN mart.campaign_comparison.past_open_rate_without_proxy IS 'Average of the mature ones before it.';
COMMENT ON COLUMN mart.campaign_comparison.past_click_rate IS 'Average of the mature ones before it.';
COMMENT ON COLUMN mart.campaign_comparison.past_unsubscribe_rate IS 'Average of the mature ones before it.';
COMMENT ON COLUMN mart.campaign_comparison.open_rate_difference IS 'open_rate_without_proxy less its past average; null until it is mature.';
COMMENT ON COLUMN mart.campaign_comparison.click_rate_difference IS 'click_rate less its past average; null until it is mature.';
COMMENT ON COLUMN mart.campaign_comparison.past_campaigns IS 'How many campaigns the averages are of.';
CREATE VIEW mart.campaigns AS
 SELECT campaign.campaign_id,
    campaign.parent_campaign_id,
    campaign.is_series,
    campaign.is_ongoing,
    campaign.list_id,
    campaign.type AS campaign_type,
    campaign.status,
    campaign.title,
    campaign.subject_line,
    campaign.preview_text,
    campaign.from_name,
    campaign.content_type,
    campaign.segment_text,
    campaign.archive_url,
    campaign.created_at,
    campaign.sent_at,
    ((campaign.counted_at AT TIME ZONE setting.report_time_zone))::date AS sent_on,
    (EXTRACT(isodow FROM (campaign.sent_at AT TIME ZONE setting.report_time_zone)))::integer AS sent_weekday,
    (EXTRACT(hour FROM (campaign.sent_at AT TIME ZONE setting.report_time_zone)))::integer AS sent_hour
   FROM (stats.campaigns campaign
     CROSS JOIN mart.setting setting);
COMMENT ON VIEW mart.campaigns IS 'Dimension: every campaign, sent or not, with its days in the report time zone; its figures are in mart.campaign_performance.';
COMMENT ON COLUMN mart.campaigns.campaign_id IS 'The campaign.';
COMMENT ON COLUMN mart.campaigns.parent_campaign_id IS 'Campaign that this one is a mail of (RSS), or that it repeats (resend); null: it stands alone.';
COMMENT ON COLUMN mart.campaigns.is_series IS 'Whether it sends nothing itself (RSS): its mails are the campaigns with this parent. No fact is about it.';
COMMENT ON COLUMN mart.campaigns.is_ongoing IS 'Whether it has no end, as an automation: each recipient gets it at a time of their own.';
COMMENT ON COLUMN mart.campaigns.list_id IS 'The audience: mart.lists.';
COMMENT ON COLUMN mart.campaigns.campaign_type IS 'regular, plaintext, absplit, rss, variate, …';
COMMENT ON COLUMN mart.campaigns.status IS 'State of the campaign in Mailchimp.';
COMMENT ON COLUMN mart.campaigns.title IS 'Internal title.';
COMMENT ON COLUMN mart.campaigns.subject_line IS 'Subject as recipients see it.';
COMMENT ON COLUMN mart.campaigns.preview_text IS 'Line that mail programs show after the subject.';
COMMENT ON COLUMN mart.campaigns.from_name IS 'Name of the sender.';
COMMENT ON COLUMN mart.campaigns.content_type IS 'How the body was made.';
COMMENT ON COLUMN mart.campaigns.segment_text IS 'Mailchimp''s description of the segment it went to.';
COMMENT ON COLUMN mart.campaigns.archive_url IS 'Public page that shows the mail.';
COMMENT ON COLUMN mart.campaigns.created_at IS 'When it was created.';
COMMENT ON COLUMN mart.campaigns.sent_at IS 'When it was sent; null before, and where Mailchimp does not say.';
COMMENT ON COLUMN mart.campaigns.sent_on IS 'Day of sending: mart.dates; of creation where there is no time of sending.';
COMMENT ON COLUMN mart.campaigns.sent_weekday IS '1 Monday to 7 Sunday.';
COMMENT ON COLUMN mart.campaigns.sent_hour IS 'Hour of sending, 0 to 23.';
CREATE VIEW mart.audience_sending_times AS
 SELECT performance.list_id,
    campaign.sent_weekday AS weekday,
    campaign.sent_hour AS hour,
    count(*) AS campaigns,
    (sum(performance.delivered))::bigint AS delivered,
    round((sum(performance.unique_opens_without_proxy) / NULLIF(sum(performance.delivered), (0)::numeric)), 4) AS open_rate_without_proxy,
    round((sum(performance.unique_clicks) / NULLIF(sum(performance.delivered), (0)::numeric)), 4) AS click_rate,
    round((sum(performance.unsubscribes) / NULLIF(sum(performance.delivered), (0)::numeric)), 4) AS unsubscribe_rate
   FROM ((mart.campaign_comparison comparison
     JOIN mart.campaign_performance performance ON ((comparison.campaign_id = performance.campaign_id)))
     JOIN mart.campaigns campaign ON ((comparison.campaign_id = campaign.campaign_id)))
  WHERE (comparison.is_mature AND (campaign.sent_hour IS NOT NULL))
  GROUP BY performance.list_id, campaign.sent_weekday, campaign.sent_hour;
COMMENT ON VIEW mart.audience_sending_times IS 'How campaigns did by the weekday and hour they were sent at, in the report time zone: per delivered mail, so that hours with much mail do not win by that. Mature campaigns (mart.campaign_comparison) only. Few campaigns say little: what was sent counts more than when.';
COMMENT ON COLUMN mart.audience_sending_times.list_id IS 'The audience.';
COMMENT ON COLUMN mart.audience_sending_times.weekday IS '1 Monday to 7 Sunday.';
COMMENT ON COLUMN mart.audience_sending_times.hour IS 'Hour of sending, 0 to 23.';
COMMENT ON COLUMN mart.audience_sending_times.campaigns IS 'Campaigns sent then.';
COMMENT ON COLUMN mart.audience_sending_times.delivered IS 'Mails of them that arrived.';
COMMENT ON COLUMN mart.audience_sending_times.open_rate_without_proxy IS 'Members who opened, without proxies, per delivered mail.';
COMMENT ON COLUMN mart.audience_sending_times.click_rate IS 'Members who clicked per delivered mail.';
COMMENT ON COLUMN mart.audience_sending_times.unsubscribe_rate IS 'Members who unsubscribed per delivered mail.';
CREATE TABLE mart.members (
    list_id text NOT NULL,
    subscriber_hash text NOT NULL,
    contact_key text NOT NULL,
    contact_id bigint,
    status text NOT NULL,
    in_audience boolean NOT NULL,
    in_ledger boolean NOT NULL,
    origin text
);
COMMENT ON TABLE mart.members IS 'Members of audiences: everyone in the sync''s ledger, and everyone a report ever named.';
COMMENT ON COLUMN mart.members.list_id IS 'The audience.';
COMMENT ON COLUMN mart.members.subscriber_hash IS 'The member: md5 of the lower-cased address.';
COMMENT ON COLUMN mart.members.contact_key IS 'The person.';
COMMENT ON COLUMN mart.members.contact_id IS 'Contact of the CRM that the member stands for today, also for all it did before; null if the member is not ours. Who it stood for at a sending: stats.recipient_contact.';
COMMENT ON COLUMN mart.members.status IS 'Last known status: by the ledger, unless a report tells of a later unsubscribe, complaint or hard bounce; for members outside the ledger by reports alone, where deleted is whom reports list no more and erased who was erased; unknown for who did something with a mail that Mailchimp has not listed them for.';
COMMENT ON COLUMN mart.members.in_audience IS 'Whether the member is subscribed, or asked to confirm.';
COMMENT ON COLUMN mart.members.in_ledger IS 'Whether the sync knows the member.';
COMMENT ON COLUMN mart.members.origin IS 'created, adopted or foreign, by the ledger; null outside it.';
CREATE TABLE stats.campaign_activities (
    campaign_id text NOT NULL,
    list_id text,
    subscriber_hash text NOT NULL,
    action text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    url text,
    ip text,
    bounce_type text,
    is_proxy_open boolean,
    ordinal integer NOT NULL,
    url_key uuid GENERATED ALWAYS AS ((md5(COALESCE(url, ''::text)))::uuid) STORED NOT NULL,
    extra jsonb,
    open_extra jsonb,
    first_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT campaign_activities_action_check CHECK ((action = ANY (ARRAY['open'::text, 'click'::text, 'bounce'::text])))
)
PARTITION BY RANGE (occurred_at);
COMMENT ON TABLE stats.campaign_activities IS 'Events of recipients, one row an open, click or bounce; partitioned by month (UTC).';
COMMENT ON COLUMN stats.campaign_activities.campaign_id IS 'The campaign.';
COMMENT ON COLUMN stats.campaign_activities.list_id IS 'The audience.';
COMMENT ON COLUMN stats.campaign_activities.subscriber_hash IS 'The member: md5 of the lower-cased address.';
COMMENT ON COLUMN stats.campaign_activities.action IS 'open, click or bounce.';
COMMENT ON COLUMN stats.campaign_activities.occurred_at IS 'When it happened, to the second.';
COMMENT ON COLUMN stats.campaign_activities.url IS 'Link clicked, verbatim; null for opens and bounces.';
COMMENT ON COLUMN stats.campaign_activities.ip IS 'IP address of an open or click, verbatim; retention clears it.';
COMMENT ON COLUMN stats.campaign_activities.bounce_type IS 'hard or soft, for bounces.';
COMMENT ON COLUMN stats.campaign_activities.is_proxy_open IS 'Whether a mail privacy proxy opened it; null where the API does not say.';
COMMENT ON COLUMN stats.campaign_activities.ordinal IS '1, 2, … among the same member''s same action on the same link within one second.';
COMMENT ON COLUMN stats.campaign_activities.url_key IS 'md5 of the URL, as in mart.links: keys stay short however long a URL is. No foreign key: the list of events gives a link''s URL alone, and the list of links is read at another time.';
COMMENT ON COLUMN stats.campaign_activities.extra IS 'Fields the API has added since; kept as they came.';
COMMENT ON COLUMN stats.campaign_activities.open_extra IS 'For opens: fields the API has added to open-details since; kept as they came.';
COMMENT ON COLUMN stats.campaign_activities.first_seen_at IS 'When the pipeline first saw the event.';
CREATE VIEW mart.campaign_activities AS
 SELECT event.campaign_id,
    event.list_id,
    event.subscriber_hash,
    member.contact_key,
    member.contact_id,
    event.action AS action_type,
    event.occurred_at,
    (moments.local_at)::date AS day,
    (EXTRACT(isodow FROM moments.local_at))::integer AS weekday,
    (EXTRACT(hour FROM moments.local_at))::integer AS hour,
    event.url,
        CASE
            WHEN (event.action = 'click'::text) THEN event.url_key
            ELSE NULL::uuid
        END AS url_key,
    event.bounce_type,
    event.is_proxy_open,
    event.ip AS ip_address,
        CASE
            WHEN (NOT campaign.is_ongoing) THEN round((EXTRACT(epoch FROM (event.occurred_at - campaign.sent_at)) / (60)::numeric), 1)
            ELSE NULL::numeric
        END AS time_since_send_minutes
   FROM ((((stats.campaign_activities event
     JOIN stats.campaigns campaign ON ((event.campaign_id = campaign.campaign_id)))
     CROSS JOIN mart.setting setting)
     CROSS JOIN LATERAL ( VALUES ((event.occurred_at AT TIME ZONE setting.report_time_zone))) moments(local_at))
     LEFT JOIN mart.members member ON (((event.list_id = member.list_id) AND (event.subscriber_hash = member.subscriber_hash))));
COMMENT ON VIEW mart.campaign_activities IS 'Fact: one row an open, click or bounce, with the person and the day in the report time zone; as long as retention keeps events.';
COMMENT ON COLUMN mart.campaign_activities.campaign_id IS 'The campaign: mart.campaigns.';
COMMENT ON COLUMN mart.campaign_activities.list_id IS 'The audience: mart.lists.';
COMMENT ON COLUMN mart.campaign_activities.subscriber_hash IS 'The member, with list_id: mart.members.';
COMMENT ON COLUMN mart.campaign_activities.contact_key IS 'The person: mart.contacts.';
COMMENT ON COLUMN mart.campaign_activities.contact_id IS 'Contact of the CRM; null if the member is not ours.';
COMMENT ON COLUMN mart.campaign_activities.action_type IS 'open, click or bounce.';
COMMENT ON COLUMN mart.campaign_activities.occurred_at IS 'When it happened, to the second.';
COMMENT ON COLUMN mart.campaign_activities.day IS 'That day in the report time zone: mart.dates.';
COMMENT ON COLUMN mart.campaign_activities.weekday IS '1 Monday to 7 Sunday.';
COMMENT ON COLUMN mart.campaign_activities.hour IS 'Hour of the day, 0 to 23.';
COMMENT ON COLUMN mart.campaign_activities.url IS 'Link clicked, verbatim; null for opens and bounces.';
COMMENT ON COLUMN mart.campaign_activities.url_key IS 'The link over all campaigns: mart.links.';
COMMENT ON COLUMN mart.campaign_activities.bounce_type IS 'hard or soft, for bounces.';
COMMENT ON COLUMN mart.campaign_activities.is_proxy_open IS 'Whether a mail privacy proxy opened it; null where the API does not say.';
COMMENT ON COLUMN mart.campaign_activities.ip_address IS 'IP address, verbatim; retention clears it.';
COMMENT ON COLUMN mart.campaign_activities.time_since_send_minutes IS 'Minutes since the campaign was sent; null for campaigns without an end.';
CREATE VIEW mart.campaign_days AS
 SELECT quarter.campaign_id,
    campaign.list_id,
    dates.day,
    (sum(quarter.opens))::bigint AS opens,
    (sum((quarter.opens - quarter.proxy_opens)))::bigint AS opens_without_proxy,
    (sum(quarter.clicks))::bigint AS clicks,
    (sum(quarter.bounces))::bigint AS bounces
   FROM (((mart.campaign_quarter_hours quarter
     JOIN stats.campaigns campaign ON ((quarter.campaign_id = campaign.campaign_id)))
     CROSS JOIN mart.setting setting)
     CROSS JOIN LATERAL ( VALUES (((quarter.began_at AT TIME ZONE setting.report_time_zone))::date)) dates(day))
  GROUP BY quarter.campaign_id, campaign.list_id, dates.day;
COMMENT ON VIEW mart.campaign_days IS 'Fact: opens, clicks and bounces of each campaign by day of the report time zone.';
COMMENT ON COLUMN mart.campaign_days.campaign_id IS 'The campaign.';
COMMENT ON COLUMN mart.campaign_days.list_id IS 'The audience.';
COMMENT ON COLUMN mart.campaign_days.day IS 'The day: mart.dates.';
COMMENT ON COLUMN mart.campaign_days.opens IS 'Opens on that day, proxies included.';
COMMENT ON COLUMN mart.campaign_days.opens_without_proxy IS 'Opens not known to be by a proxy.';
COMMENT ON COLUMN mart.campaign_days.clicks IS 'Clicks on that day.';
COMMENT ON COLUMN mart.campaign_days.bounces IS 'Bounces on that day.';
CREATE TABLE stats.campaign_unsubscribes (
    campaign_id text NOT NULL,
    list_id text,
    subscriber_hash text NOT NULL,
    reason text,
    unsubscribed_at timestamp with time zone NOT NULL,
    extra jsonb,
    first_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    words_expired_at timestamp with time zone
);
COMMENT ON TABLE stats.campaign_unsubscribes IS 'Who unsubscribed through which campaign, and why.';
COMMENT ON COLUMN stats.campaign_unsubscribes.campaign_id IS 'The campaign.';
COMMENT ON COLUMN stats.campaign_unsubscribes.list_id IS 'The audience.';
COMMENT ON COLUMN stats.campaign_unsubscribes.subscriber_hash IS 'The member: md5 of the lower-cased address.';
COMMENT ON COLUMN stats.campaign_unsubscribes.reason IS 'Reason the person gave, in Mailchimp''s words.';
COMMENT ON COLUMN stats.campaign_unsubscribes.unsubscribed_at IS 'When.';
COMMENT ON COLUMN stats.campaign_unsubscribes.extra IS 'Fields the API has added since; kept as they came.';
COMMENT ON COLUMN stats.campaign_unsubscribes.first_seen_at IS 'When the pipeline first saw the row.';
COMMENT ON COLUMN stats.campaign_unsubscribes.words_expired_at IS 'When retention removed what the person wrote; it is not loaded again.';
CREATE TABLE stats.recipient_engagement (
    campaign_id text NOT NULL,
    subscriber_hash text NOT NULL,
    list_id text,
    opens bigint DEFAULT 0 NOT NULL,
    proxy_opens bigint DEFAULT 0 NOT NULL,
    unflagged_opens bigint DEFAULT 0 NOT NULL,
    opens_reported bigint,
    clicks bigint DEFAULT 0 NOT NULL,
    links_clicked bigint DEFAULT 0 NOT NULL,
    hard_bounces bigint DEFAULT 0 NOT NULL,
    soft_bounces bigint DEFAULT 0 NOT NULL,
    first_open_at timestamp with time zone,
    last_open_at timestamp with time zone,
    first_human_open_at timestamp with time zone,
    last_human_open_at timestamp with time zone,
    first_click_at timestamp with time zone,
    last_click_at timestamp with time zone,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
COMMENT ON TABLE stats.recipient_engagement IS 'Events of one recipient of one campaign, counted; stays when retention removes the events.';
COMMENT ON COLUMN stats.recipient_engagement.campaign_id IS 'The campaign.';
COMMENT ON COLUMN stats.recipient_engagement.subscriber_hash IS 'The member: md5 of the lower-cased address.';
COMMENT ON COLUMN stats.recipient_engagement.list_id IS 'The audience.';
COMMENT ON COLUMN stats.recipient_engagement.opens IS 'Opens, repeated ones and those by proxies included.';
COMMENT ON COLUMN stats.recipient_engagement.proxy_opens IS 'Opens known to be by a mail privacy proxy.';
COMMENT ON COLUMN stats.recipient_engagement.unflagged_opens IS 'Opens of which Mailchimp has not said whether a proxy made them.';
COMMENT ON COLUMN stats.recipient_engagement.opens_reported IS 'Opens as Mailchimp counts them for this member; kept where they are more than it lists one by one.';
COMMENT ON COLUMN stats.recipient_engagement.clicks IS 'Clicks, repeated ones included.';
COMMENT ON COLUMN stats.recipient_engagement.links_clicked IS 'Different links clicked.';
COMMENT ON COLUMN stats.recipient_engagement.hard_bounces IS 'Permanent delivery failures.';
COMMENT ON COLUMN stats.recipient_engagement.soft_bounces IS 'Temporary delivery failures.';
COMMENT ON COLUMN stats.recipient_engagement.first_open_at IS 'First open.';
COMMENT ON COLUMN stats.recipient_engagement.last_open_at IS 'Newest open.';
COMMENT ON COLUMN stats.recipient_engagement.first_human_open_at IS 'First open not known to be by a proxy.';
COMMENT ON COLUMN stats.recipient_engagement.last_human_open_at IS 'Newest open not known to be by a proxy.';
COMMENT ON COLUMN stats.recipient_engagement.first_click_at IS 'First click.';
COMMENT ON COLUMN stats.recipient_engagement.last_click_at IS 'Newest click.';
COMMENT ON COLUMN stats.recipient_engagement.changed_at IS 'When the row last changed.';
CREATE VIEW mart.campaign_recipients AS
 SELECT recipient.campaign_id,
    recipient.list_id,
    recipient.subscriber_hash,
    member.contact_key,
    member.contact_id,
    recipient.delivery_status,
    recipient.absplit_group,
    campaign.sent_at,
    ((campaign.counted_at AT TIME ZONE setting.report_time_zone))::date AS sent_on,
    mail.received_at,
    COALESCE(engagement.opens, (0)::bigint) AS opens,
    COALESCE((engagement.opens - engagement.proxy_opens), (0)::bigint) AS opens_without_proxy,
    COALESCE(engagement.clicks, (0)::bigint) AS clicks,
    COALESCE(engagement.links_clicked, (0)::bigint) AS unique_clicks,
    COALESCE((engagement.opens > 0), false) AS was_opened,
    COALESCE((engagement.opens > engagement.proxy_opens), false) AS was_opened_without_proxy,
    COALESCE((engagement.clicks > 0), false) AS was_clicked,
    (unsubscribe.campaign_id IS NOT NULL) AS was_unsubscribed,
    engagement.first_open_at,
    engagement.last_open_at,
    engagement.first_human_open_at AS first_open_without_proxy_at,
    engagement.first_click_at,
    engagement.last_click_at,
        CASE
            WHEN (NOT campaign.is_ongoing) THEN round((EXTRACT(epoch FROM (engagement.first_open_at - campaign.sent_at)) / (60)::numeric), 1)
            ELSE NULL::numeric
        END AS time_to_open_minutes,
    unsubscribe.unsubscribed_at,
    unsubscribe.reason AS unsubscribe_reason
   FROM ((((((stats.campaign_recipients recipient
     JOIN stats.campaigns campaign ON ((recipient.campaign_id = campaign.campaign_id)))
     CROSS JOIN mart.setting setting)
     LEFT JOIN stats.recipient_engagement engagement ON (((recipient.campaign_id = engagement.campaign_id) AND (recipient.subscriber_hash = engagement.subscriber_hash))))
     LEFT JOIN stats.campaign_unsubscribes unsubscribe ON (((recipient.campaign_id = unsubscribe.campaign_id) AND (recipient.subscriber_hash = unsubscribe.subscriber_hash))))
     LEFT JOIN mart.members member ON (((recipient.list_id = member.list_id) AND (recipient.subscriber_hash = member.subscriber_hash))))
     CROSS JOIN LATERAL ( VALUES (mart.received_at(campaign.*, recipient.*, LEAST(engagement.first_open_at, engagement.first_click_at, unsubscribe.unsubscribed_at)))) mail(received_at));
COMMENT ON VIEW mart.campaign_recipients IS 'Fact: one row a mail sent to a member, with who it was, whether they read it, how often, what followed.';
COMMENT ON COLUMN mart.campaign_recipients.campaign_id IS 'The campaign: stats.campaigns, mart.campaigns.';
COMMENT ON COLUMN mart.campaign_recipients.list_id IS 'The audience: mart.lists.';
COMMENT ON COLUMN mart.campaign_recipients.subscriber_hash IS 'The member, with list_id: mart.members.';
COMMENT ON COLUMN mart.campaign_recipients.contact_key IS 'The person: mart.contacts.';
COMMENT ON COLUMN mart.campaign_recipients.contact_id IS 'Contact of the CRM; null if the member is not ours.';
COMMENT ON COLUMN mart.campaign_recipients.delivery_status IS 'sent, or the kind of bounce: hard, soft.';
COMMENT ON COLUMN mart.campaign_recipients.absplit_group IS 'A/B group: a, b, winner, or a combination''s id.';
COMMENT ON COLUMN mart.campaign_recipients.sent_at IS 'When the campaign was sent.';
COMMENT ON COLUMN mart.campaign_recipients.sent_on IS 'That day in the report time zone: mart.dates.';
COMMENT ON COLUMN mart.campaign_recipients.received_at IS 'When the mail was received: the time of sending; of a campaign without an end as mart.received_at finds it.';
COMMENT ON COLUMN mart.campaign_recipients.opens IS 'Opens, repeated ones and those by proxies included; at most 1,000 of a member in a campaign, for Mailchimp lists no more.';
COMMENT ON COLUMN mart.campaign_recipients.opens_without_proxy IS 'Opens not known to be by a proxy.';
COMMENT ON COLUMN mart.campaign_recipients.clicks IS 'Clicks, repeated ones included; at most 1,000 of a member in a campaign, for Mailchimp lists no more.';
COMMENT ON COLUMN mart.campaign_recipients.unique_clicks IS 'Different links clicked.';
COMMENT ON COLUMN mart.campaign_recipients.was_opened IS 'Whether there is an open, by a proxy too.';
COMMENT ON COLUMN mart.campaign_recipients.was_opened_without_proxy IS 'Whether there is an open not known to be by a proxy.';
COMMENT ON COLUMN mart.campaign_recipients.was_clicked IS 'Whether there is a click.';
COMMENT ON COLUMN mart.campaign_recipients.was_unsubscribed IS 'Whether the member unsubscribed through it.';
COMMENT ON COLUMN mart.campaign_recipients.first_open_at IS 'First open.';
COMMENT ON COLUMN mart.campaign_recipients.last_open_at IS 'Newest open.';
COMMENT ON COLUMN mart.campaign_recipients.first_open_without_proxy_at IS 'First open not known to be by a proxy.';
COMMENT ON COLUMN mart.campaign_recipients.first_click_at IS 'First click.';
COMMENT ON COLUMN mart.campaign_recipients.last_click_at IS 'Newest click.';
COMMENT ON COLUMN mart.campaign_recipients.time_to_open_minutes IS 'Minutes from sending to the first open; null for campaigns without an end.';
COMMENT ON COLUMN mart.campaign_recipients.unsubscribed_at IS 'When the member unsubscribed through it.';
COMMENT ON COLUMN mart.campaign_recipients.unsubscribe_reason IS 'Reason the member gave.';
CREATE TABLE mart.changed_campaign (
    campaign_id text NOT NULL
);
COMMENT ON TABLE mart.changed_campaign IS 'Campaigns to be counted anew by the next refresh; repeated at will. No foreign key: notes cost as little as they can.';
COMMENT ON COLUMN mart.changed_campaign.campaign_id IS 'The campaign.';
CREATE TABLE mart.changed_member (
    list_id text NOT NULL,
    subscriber_hash text NOT NULL
);
COMMENT ON TABLE mart.changed_member IS 'Members to be counted anew by the next refresh; repeated at will. No foreign key: who is gone is noted too.';
COMMENT ON COLUMN mart.changed_member.list_id IS 'The audience.';
COMMENT ON COLUMN mart.changed_member.subscriber_hash IS 'The member: md5 of the lower-cased address.';
CREATE TABLE mart.contact_engagement (
    engagement_key text NOT NULL,
    contact_id bigint,
    subscriber_hash text,
    audiences bigint NOT NULL,
    campaigns_received bigint NOT NULL,
    campaigns_delivered bigint NOT NULL,
    campaigns_opened bigint NOT NULL,
    campaigns_opened_without_proxy bigint NOT NULL,
    campaigns_clicked bigint NOT NULL,
    opens bigint NOT NULL,
    opens_without_proxy bigint NOT NULL,
    clicks bigint NOT NULL,
    hard_bounces bigint NOT NULL,
    soft_bounces bigint NOT NULL,
    unsubscribes bigint NOT NULL,
    abuse_reports bigint NOT NULL,
    first_sent_at timestamp with time zone,
    last_sent_at timestamp with time zone,
    first_open_at timestamp with time zone,
    last_open_at timestamp with time zone,
    first_open_without_proxy_at timestamp with time zone,
    last_open_without_proxy_at timestamp with time zone,
    first_click_at timestamp with time zone,
    last_click_at timestamp with time zone,
    last_unsubscribed_at timestamp with time zone,
    open_rate numeric GENERATED ALWAYS AS (round(((campaigns_opened)::numeric / (NULLIF(campaigns_delivered, 0))::numeric), 4)) STORED,
    open_rate_without_proxy numeric GENERATED ALWAYS AS (round(((campaigns_opened_without_proxy)::numeric / (NULLIF(campaigns_delivered, 0))::numeric), 4)) STORED,
    click_rate numeric GENERATED ALWAYS AS (round(((campaigns_clicked)::numeric / (NULLIF(campaigns_delivered, 0))::numeric), 4)) STORED
);
COMMENT ON TABLE mart.contact_engagement IS 'Each contact over all audiences and campaigns: who read, how often, first and last, clicks. Members that the CRM does not know have a row of their own.';
COMMENT ON COLUMN mart.contact_engagement.engagement_key IS 'Key of the row: mart.contacts.';
COMMENT ON COLUMN mart.contact_engagement.contact_id IS 'Contact of the CRM; null if the member is not ours.';
COMMENT ON COLUMN mart.contact_engagement.subscriber_hash IS 'The member, where no contact is known. No foreign key: it may be in several audiences.';
COMMENT ON COLUMN mart.contact_engagement.audiences IS 'Audiences in which campaigns went to the contact.';
COMMENT ON COLUMN mart.contact_engagement.campaigns_received IS 'Campaigns sent.';
COMMENT ON COLUMN mart.contact_engagement.campaigns_delivered IS 'Of them, those without bounce.';
COMMENT ON COLUMN mart.contact_engagement.campaigns_opened IS 'Campaigns opened, by proxies too.';
COMMENT ON COLUMN mart.contact_engagement.campaigns_opened_without_proxy IS 'Campaigns with an open not known to be by a proxy.';
COMMENT ON COLUMN mart.contact_engagement.campaigns_clicked IS 'Campaigns clicked in.';
COMMENT ON COLUMN mart.contact_engagement.opens IS 'Opens, repeated ones and those by proxies included; at most 1,000 of a member in a campaign, for Mailchimp lists no more.';
COMMENT ON COLUMN mart.contact_engagement.opens_without_proxy IS 'Opens not known to be by a proxy.';
COMMENT ON COLUMN mart.contact_engagement.clicks IS 'Clicks, repeated ones included; at most 1,000 of a member in a campaign, for Mailchimp lists no more.';
COMMENT ON COLUMN mart.contact_engagement.hard_bounces IS 'Permanent delivery failures.';
COMMENT ON COLUMN mart.contact_engagement.soft_bounces IS 'Temporary delivery failures.';
COMMENT ON COLUMN mart.contact_engagement.unsubscribes IS 'Campaigns unsubscribed through.';
COMMENT ON COLUMN mart.contact_engagement.abuse_reports IS 'Complaints.';
COMMENT ON COLUMN mart.contact_engagement.first_sent_at IS 'First campaign sent.';
COMMENT ON COLUMN mart.contact_engagement.last_sent_at IS 'Newest campaign sent.';
COMMENT ON COLUMN mart.contact_engagement.first_open_at IS 'First open.';
COMMENT ON COLUMN mart.contact_engagement.last_open_at IS 'Newest open.';
COMMENT ON COLUMN mart.contact_engagement.first_open_without_proxy_at IS 'First open not known to be by a proxy.';
COMMENT ON COLUMN mart.contact_engagement.last_open_without_proxy_at IS 'Newest open not known to be by a proxy.';
COMMENT ON COLUMN mart.contact_engagement.first_click_at IS 'First click.';
COMMENT ON COLUMN mart.contact_engagement.last_click_at IS 'Newest click.';
COMMENT ON COLUMN mart.contact_engagement.last_unsubscribed_at IS 'Newest unsubscribe.';
COMMENT ON COLUMN mart.contact_engagement.open_rate IS 'Campaigns opened per campaign delivered.';
COMMENT ON COLUMN mart.contact_engagement.open_rate_without_proxy IS 'The same without opens known to be by a proxy.';
COMMENT ON COLUMN mart.contact_engagement.click_rate IS 'Campaigns clicked in per campaign delivered.';
CREATE TABLE mart.contact_months (
    contact_key text NOT NULL,
    month date NOT NULL,
    campaigns_received bigint NOT NULL,
    campaigns_delivered bigint NOT NULL,
    campaigns_opened bigint NOT NULL,
    campaigns_opened_without_proxy bigint NOT NULL,
    campaigns_clicked bigint NOT NULL,
    campaigns_engaged bigint NOT NULL,
    opens bigint NOT NULL,
    opens_without_proxy bigint NOT NULL,
    clicks bigint NOT NULL,
    unsubscribes bigint NOT NULL
);
COMMENT ON TABLE mart.contact_months IS 'Each contact month by month: the campaigns the contact got in that month (report time zone) and what they did with them, whenever that was; without mails of which nothing tells when they came (mart.received_at). Caught up contact by contact; stays when retention removes events.';
COMMENT ON COLUMN mart.contact_months.contact_key IS 'The person: mart.contacts.';
COMMENT ON COLUMN mart.contact_months.month IS 'First day of the month they were got in.';
COMMENT ON COLUMN mart.contact_months.campaigns_received IS 'Campaigns sent.';
COMMENT ON COLUMN mart.contact_months.campaigns_delivered IS 'Of them, those without bounce.';
COMMENT ON COLUMN mart.contact_months.campaigns_opened IS 'Campaigns opened, by proxies too.';
COMMENT ON COLUMN mart.contact_months.campaigns_opened_without_proxy IS 'Campaigns with an open not known to be by a proxy.';
COMMENT ON COLUMN mart.contact_months.campaigns_clicked IS 'Campaigns clicked in.';
COMMENT ON COLUMN mart.contact_months.campaigns_engaged IS 'Campaigns with a click, or an open not known to be by a proxy.';
COMMENT ON COLUMN mart.contact_months.opens IS 'Opens, repeated ones and those by proxies included; at most 1,000 of a member in a campaign, for Mailchimp lists no more.';
COMMENT ON COLUMN mart.contact_months.opens_without_proxy IS 'Opens not known to be by a proxy.';
COMMENT ON COLUMN mart.contact_months.clicks IS 'Clicks, repeated ones included; at most 1,000 of a member in a campaign, for Mailchimp lists no more.';
COMMENT ON COLUMN mart.contact_months.unsubscribes IS 'Campaigns unsubscribed through.';
CREATE TABLE mart.contacts (
    contact_key text NOT NULL,
    contact_id bigint,
    subscriber_hash text,
    audiences bigint NOT NULL,
    current_audiences bigint NOT NULL,
    cleaned_audiences bigint NOT NULL,
    is_erased boolean NOT NULL,
    CONSTRAINT contacts_check CHECK (((contact_id IS NULL) <> (subscriber_hash IS NULL)))
);
COMMENT ON TABLE mart.contacts IS 'People: contacts of the CRM by the sync''s ledger, and each member that the CRM does not know.';
COMMENT ON COLUMN mart.contacts.contact_key IS 'Key of the row: contact <id>, or member <hash>.';
COMMENT ON COLUMN mart.contacts.contact_id IS 'Contact of the CRM; null if the member is not ours. Contacts may share an address: all its history is with the contact that represents it today (stats.recipient_contact tells who did at each sending).';
COMMENT ON COLUMN mart.contacts.subscriber_hash IS 'The member, where no contact is known. No foreign key: it may be in several audiences.';
COMMENT ON COLUMN mart.contacts.audiences IS 'Audiences the person is or was in.';
COMMENT ON COLUMN mart.contacts.current_audiences IS 'Of them, those the person is still in.';
COMMENT ON COLUMN mart.contacts.cleaned_audiences IS 'Of them, those that Mailchimp took the address out of because it bounced.';
COMMENT ON COLUMN mart.contacts.is_erased IS 'Whether the person was erased: the row is nobody''s, and only keeps totals true.';
CREATE VIEW mart.contact_segments AS
 SELECT engagement.engagement_key,
    engagement.contact_id,
    engagement.campaigns_delivered,
    engagement.open_rate_without_proxy,
    engagement.click_rate,
    behaviour.last_engaged_at,
    (EXTRACT(day FROM (now() - behaviour.last_engaged_at)))::integer AS days_since_engaged,
        CASE
            WHEN ((contact.current_audiences = 0) AND (contact.cleaned_audiences < contact.audiences)) THEN 'left'::text
            WHEN ((contact.current_audiences = 0) OR (engagement.campaigns_delivered = 0)) THEN 'unreachable'::text
            WHEN ((behaviour.last_engaged_at IS NULL) AND (engagement.first_sent_at > (now() - make_interval(days => rule.new_days)))) THEN 'new'::text
            WHEN (behaviour.last_engaged_at IS NULL) THEN 'never_opened'::text
            WHEN (behaviour.last_engaged_at < (now() - make_interval(days => rule.dormant_days))) THEN 'dormant'::text
            WHEN (behaviour.last_engaged_at < (now() - make_interval(days => rule.active_days))) THEN 'cooling'::text
            WHEN ((engagement.campaigns_delivered >= rule.champion_campaigns) AND (engagement.click_rate >= rule.champion_click_rate)) THEN 'champion'::text
            ELSE 'active'::text
        END AS segment
   FROM (((mart.contact_engagement engagement
     JOIN mart.contacts contact ON ((engagement.engagement_key = contact.contact_key)))
     CROSS JOIN mart.segment_rule rule)
     CROSS JOIN LATERAL ( VALUES (GREATEST(engagement.last_click_at, engagement.last_open_without_proxy_at))) behaviour(last_engaged_at))
  WHERE (NOT contact.is_erased);
COMMENT ON VIEW mart.contact_segments IS 'Each contact''s segment: left, unreachable, new, never_opened, dormant, cooling, champion, active. The first that fits in this order, with the thresholds of mart.segment_rule. Left is who is gone from every audience, unless only because the address bounced; opens by proxies do not count. Erased people are in none.';
COMMENT ON COLUMN mart.contact_segments.engagement_key IS 'Key of the row, as in mart.contact_engagement.';
COMMENT ON COLUMN mart.contact_segments.contact_id IS 'Contact of the CRM; null if the member is not ours.';
COMMENT ON COLUMN mart.contact_segments.campaigns_delivered IS 'Campaigns that arrived.';
COMMENT ON COLUMN mart.contact_segments.open_rate_without_proxy IS 'Campaigns read per campaign delivered.';
COMMENT ON COLUMN mart.contact_segments.click_rate IS 'Campaigns clicked in per campaign delivered.';
COMMENT ON COLUMN mart.contact_segments.last_engaged_at IS 'Newest click, or open not known to be by a proxy.';
COMMENT ON COLUMN mart.contact_segments.days_since_engaged IS 'Whole days since then.';
COMMENT ON COLUMN mart.contact_segments.segment IS 'The segment.';
CREATE VIEW mart.contact_trend AS
 WITH this_month AS (
         SELECT date_trunc('month'::text, (now() AT TIME ZONE setting.report_time_zone)) AS began_on
           FROM mart.setting
        ), windows AS (
         SELECT ((this_month.began_on - make_interval(months => (rule.trend_months - 1))))::date AS recent_from,
            ((this_month.began_on - make_interval(months => ((2 * rule.trend_months) - 1))))::date AS previous_from,
            rule.trend_step
           FROM (this_month
             CROSS JOIN mart.segment_rule rule)
        ), counted AS (
         SELECT months.contact_key,
            windows.trend_step,
            COALESCE(sum(months.campaigns_delivered) FILTER (WHERE (months.month >= windows.recent_from)), (0)::numeric) AS recent_delivered,
            COALESCE(sum(months.campaigns_engaged) FILTER (WHERE (months.month >= windows.recent_from)), (0)::numeric) AS recent_engaged,
            COALESCE(sum(months.clicks) FILTER (WHERE (months.month >= windows.recent_from)), (0)::numeric) AS recent_clicks,
            COALESCE(sum(months.campaigns_delivered) FILTER (WHERE (months.month < windows.recent_from)), (0)::numeric) AS previous_delivered,
            COALESCE(sum(months.campaigns_engaged) FILTER (WHERE (months.month < windows.recent_from)), (0)::numeric) AS previous_engaged,
            COALESCE(sum(months.clicks) FILTER (WHERE (months.month < windows.recent_from)), (0)::numeric) AS previous_clicks
           FROM (mart.contact_months months
             CROSS JOIN windows)
          WHERE (months.month >= windows.previous_from)
          GROUP BY months.contact_key, windows.trend_step
        ), rated AS (
         SELECT counted.contact_key,
            counted.trend_step,
            counted.recent_delivered,
            counted.recent_engaged,
            counted.recent_clicks,
            counted.previous_delivered,
            counted.previous_engaged,
            counted.previous_clicks,
            round((counted.recent_engaged / NULLIF(counted.recent_delivered, (0)::numeric)), 4) AS recent_rate,
            round((counted.previous_engaged / NULLIF(counted.previous_delivered, (0)::numeric)), 4) AS previous_rate
           FROM counted
        )
 SELECT rated.contact_key,
    contact.contact_id,
    (rated.recent_delivered)::bigint AS recent_delivered,
    (rated.recent_engaged)::bigint AS recent_engaged,
    (rated.recent_clicks)::bigint AS recent_clicks,
    rated.recent_rate,
    (rated.previous_delivered)::bigint AS previous_delivered,
    (rated.previous_engaged)::bigint AS previous_engaged,
    (rated.previous_clicks)::bigint AS previous_clicks,
    rated.previous_rate,
    (rated.recent_rate - rated.previous_rate) AS change,
        CASE
            WHEN ((rated.recent_rate IS NULL) OR (rated.previous_rate IS NULL)) THEN 'unknown'::text
            WHEN ((rated.recent_rate - rated.previous_rate) >= rated.trend_step) THEN 'rising'::text
            WHEN ((rated.recent_rate - rated.previous_rate) <= (- rated.trend_step)) THEN 'falling'::text
            ELSE 'steady'::text
        END AS trend
   FROM (rated
     JOIN mart.contacts contact ON ((rated.contact_key = contact.contact_key)))
  WHERE (NOT contact.is_erased);
COMMENT ON VIEW mart.contact_trend IS 'Each contact''s recent months beside those before: rising, falling, steady, or unknown where nothing was delivered in one of them; without erased people. Windows and step are those of mart.segment_rule; opens by proxies do not count.';
COMMENT ON COLUMN mart.contact_trend.contact_key IS 'The person: mart.contacts.';
COMMENT ON COLUMN mart.contact_trend.contact_id IS 'Contact of the CRM; null if the member is not ours.';
COMMENT ON COLUMN mart.contact_trend.recent_delivered IS 'Campaigns of the recent months that arrived.';
COMMENT ON COLUMN mart.contact_trend.recent_engaged IS 'Of them, those read or clicked in.';
COMMENT ON COLUMN mart.contact_trend.recent_clicks IS 'Clicks in campaigns of the recent months.';
COMMENT ON COLUMN mart.contact_trend.recent_rate IS 'recent_engaged per recent_delivered.';
COMMENT ON COLUMN mart.contact_trend.previous_delivered IS 'Campaigns of the months before that arrived.';
COMMENT ON COLUMN mart.contact_trend.previous_engaged IS 'Of them, those read or clicked in.';
COMMENT ON COLUMN mart.contact_trend.previous_clicks IS 'Clicks in campaigns of the months before.';
COMMENT ON COLUMN mart.contact_trend.previous_rate IS 'previous_engaged per previous_delivered.';
COMMENT ON COLUMN mart.contact_trend.change IS 'recent_rate less previous_rate.';
COMMENT ON COLUMN mart.contact_trend.trend IS 'rising, falling, steady or unknown.';
CREATE VIEW mart.dates AS
 SELECT (series.day)::date AS day,
    (EXTRACT(isodow FROM series.day))::integer AS weekday,
    to_char(series.day, 'IYYY-"W"IW'::text) AS iso_week,
    (date_trunc('month'::text, series.day))::date AS month,
    to_char(series.day, 'YYYY-"Q"Q'::text) AS quarter,
    (EXTRACT(year FROM series.day))::integer AS year
   FROM (( SELECT date_trunc('year'::text, min((moment.at AT TIME ZONE setting.report_time_zone))) AS first_day,
            ((date_trunc('year'::text, max((moment.at AT TIME ZONE setting.report_time_zone))) + '1 year'::interval) - '1 day'::interval) AS last_day
           FROM (( SELECT now() AS at
                UNION ALL
                 SELECT min(campaigns.counted_at) AS at
                   FROM stats.campaigns
                UNION ALL
                 SELECT max(campaigns.counted_at) AS at
                   FROM stats.campaigns
                UNION ALL
                 SELECT min(campaign_quarter_hours.began_at) AS at
                   FROM mart.campaign_quarter_hours
                UNION ALL
                 SELECT max(campaign_quarter_hours.began_at) AS at
                   FROM mart.campaign_quarter_hours) moment
             CROSS JOIN mart.setting setting)) known
     CROSS JOIN LATERAL generate_series(known.first_day, known.last_day, '1 day'::interval) series(day));
COMMENT ON VIEW mart.dates IS 'Dimension: days of the report time zone, from the year of the first campaign to the end of the newest year.';
COMMENT ON COLUMN mart.dates.day IS 'The day.';
COMMENT ON COLUMN mart.dates.weekday IS '1 Monday to 7 Sunday.';
COMMENT ON COLUMN mart.dates.iso_week IS 'ISO week, such as 2026-W47.';
COMMENT ON COLUMN mart.dates.month IS 'First day of the month.';
COMMENT ON COLUMN mart.dates.quarter IS 'Quarter, such as 2026-Q4.';
COMMENT ON COLUMN mart.dates.year IS 'The year.';
CREATE TABLE stats.link_clicks (
    campaign_id text NOT NULL,
    link_id text NOT NULL,
    url text NOT NULL,
    total_clicks bigint DEFAULT 0 NOT NULL,
    unique_clicks bigint DEFAULT 0 NOT NULL,
    click_percentage double precision,
    unique_click_percentage double precision,
    last_click_at timestamp with time zone,
    ab_split jsonb,
    extra jsonb,
    read_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE stats.link_clicks IS 'Every link of a campaign with its click totals, as Mailchimp counts them.';
COMMENT ON COLUMN stats.link_clicks.campaign_id IS 'The campaign.';
COMMENT ON COLUMN stats.link_clicks.link_id IS 'Mailchimp''s id of the link within the campaign.';
COMMENT ON COLUMN stats.link_clicks.url IS 'The link, verbatim.';
COMMENT ON COLUMN stats.link_clicks.total_clicks IS 'Clicks, repeated ones included.';
COMMENT ON COLUMN stats.link_clicks.unique_clicks IS 'Members who clicked it.';
COMMENT ON COLUMN stats.link_clicks.click_percentage IS 'Its part of all clicks of the campaign, as Mailchimp gives it.';
COMMENT ON COLUMN stats.link_clicks.unique_click_percentage IS 'Its part of all unique clicks of the campaign, as Mailchimp gives it.';
COMMENT ON COLUMN stats.link_clicks.last_click_at IS 'Newest click.';
COMMENT ON COLUMN stats.link_clicks.ab_split IS 'Clicks of the groups of an A/B split.';
COMMENT ON COLUMN stats.link_clicks.extra IS 'Fields the API has added since; kept as they came.';
COMMENT ON COLUMN stats.link_clicks.read_at IS 'When the row was last read.';
CREATE VIEW mart.link_performance AS
 SELECT link.campaign_id,
    link.link_id,
    link.url,
    "substring"(link.url, '^[a-zA-Z][a-zA-Z0-9+.-]*://([^/?#]*)'::text) AS url_host,
    campaign.list_id,
    campaign.title AS campaign_title,
    campaign.sent_at,
    ((campaign.counted_at AT TIME ZONE setting.report_time_zone))::date AS sent_on,
    (md5(link.url))::uuid AS url_key,
    link.total_clicks,
    link.unique_clicks,
    link.last_click_at,
    round(((link.total_clicks)::numeric / (NULLIF(report.clicks_total, 0))::numeric), 4) AS click_share,
    round(((link.unique_clicks)::numeric / (NULLIF(GREATEST(((report.emails_sent - report.hard_bounces) - report.soft_bounces), (0)::bigint), 0))::numeric), 4) AS click_rate,
    rank() OVER (PARTITION BY link.campaign_id ORDER BY link.total_clicks DESC) AS rank_in_campaign
   FROM (((stats.link_clicks link
     JOIN stats.campaigns campaign ON ((link.campaign_id = campaign.campaign_id)))
     JOIN stats.latest_report report ON ((link.campaign_id = report.campaign_id)))
     CROSS JOIN mart.setting setting);
COMMENT ON VIEW mart.link_performance IS 'Each link of each campaign: clicks, who clicked, its part of all clicks.';
COMMENT ON COLUMN mart.link_performance.campaign_id IS 'The campaign.';
COMMENT ON COLUMN mart.link_performance.link_id IS 'Mailchimp''s id of the link within the campaign.';
COMMENT ON COLUMN mart.link_performance.url IS 'The link, verbatim.';
COMMENT ON COLUMN mart.link_performance.url_host IS 'Host of the link.';
COMMENT ON COLUMN mart.link_performance.list_id IS 'The audience.';
COMMENT ON COLUMN mart.link_performance.campaign_title IS 'Internal title of the campaign.';
COMMENT ON COLUMN mart.link_performance.sent_at IS 'When the campaign was sent.';
COMMENT ON COLUMN mart.link_performance.sent_on IS 'Day of sending in the report time zone.';
COMMENT ON COLUMN mart.link_performance.url_key IS 'The link over all campaigns: mart.links.';
COMMENT ON COLUMN mart.link_performance.total_clicks IS 'Clicks, repeated ones included.';
COMMENT ON COLUMN mart.link_performance.unique_clicks IS 'Members who clicked it.';
COMMENT ON COLUMN mart.link_performance.last_click_at IS 'Newest click.';
COMMENT ON COLUMN mart.link_performance.click_share IS 'Its part of the campaign''s clicks (0 to 1).';
COMMENT ON COLUMN mart.link_performance.click_rate IS 'unique_clicks per delivered mail (0 to 1).';
COMMENT ON COLUMN mart.link_performance.rank_in_campaign IS '1 is the most clicked link.';
CREATE VIEW mart.links AS
 SELECT link.url_key,
    link.url,
    "substring"(link.url, '^[a-zA-Z][a-zA-Z0-9+.-]*://([^/?#]*)'::text) AS url_host,
    "substring"(link.url, '^[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*([^?#]*)'::text) AS url_path,
    "substring"(link.url, '[?&]utm_source=([^&#]*)'::text) AS utm_source,
    "substring"(link.url, '[?&]utm_medium=([^&#]*)'::text) AS utm_medium,
    "substring"(link.url, '[?&]utm_campaign=([^&#]*)'::text) AS utm_campaign,
    count(*) AS campaigns,
    (sum(link.total_clicks))::bigint AS total_clicks,
    max(link.last_click_at) AS last_click_at
   FROM ( SELECT clicked.url,
            clicked.total_clicks,
            clicked.last_click_at,
            (md5(clicked.url))::uuid AS url_key
           FROM stats.link_clicks clicked) link
  GROUP BY link.url_key, link.url;
COMMENT ON VIEW mart.links IS 'Dimension: every link over all campaigns that carried it.';
COMMENT ON COLUMN mart.links.url_key IS 'md5 of the URL, as in stats.campaign_activities.';
COMMENT ON COLUMN mart.links.url IS 'The link, verbatim.';
COMMENT ON COLUMN mart.links.url_host IS 'Host of the link.';
COMMENT ON COLUMN mart.links.url_path IS 'Path of the link.';
COMMENT ON COLUMN mart.links.utm_source IS 'Its parameter utm_source, as written.';
COMMENT ON COLUMN mart.links.utm_medium IS 'Its parameter utm_medium, as written.';
COMMENT ON COLUMN mart.links.utm_campaign IS 'Its parameter utm_campaign, as written.';
COMMENT ON COLUMN mart.links.campaigns IS 'Links of campaigns with this URL.';
COMMENT ON COLUMN mart.links.total_clicks IS 'Clicks, repeated ones included, as Mailchimp counts them.';
COMMENT ON COLUMN mart.links.last_click_at IS 'Newest click.';
CREATE TABLE stats.lists (
    list_id text NOT NULL,
    web_id bigint,
    name text,
    created_at timestamp with time zone,
    list_rating bigint,
    visibility text,
    double_optin boolean,
    member_count bigint,
    unsubscribe_count bigint,
    cleaned_count bigint,
    total_contacts bigint,
    campaign_count bigint,
    campaign_last_sent_at timestamp with time zone,
    open_rate double precision,
    click_rate double precision,
    avg_sub_rate double precision,
    avg_unsub_rate double precision,
    last_sub_at timestamp with time zone,
    last_unsub_at timestamp with time zone,
    extra jsonb,
    first_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    read_at timestamp with time zone,
    gone_at timestamp with time zone
);
COMMENT ON TABLE stats.lists IS 'Every audience of the account, as Mailchimp lists it, and those that campaigns or the sync still name.';
COMMENT ON COLUMN stats.lists.list_id IS 'Mailchimp''s id of the audience.';
COMMENT ON COLUMN stats.lists.web_id IS 'Id in the address of the audience in Mailchimp''s web application.';
COMMENT ON COLUMN stats.lists.name IS 'Name of the audience.';
COMMENT ON COLUMN stats.lists.created_at IS 'When the audience was created.';
COMMENT ON COLUMN stats.lists.list_rating IS 'Mailchimp''s score of its activity, 0 to 5.';
COMMENT ON COLUMN stats.lists.visibility IS 'pub or prv.';
COMMENT ON COLUMN stats.lists.double_optin IS 'Whether who signs up by a form must confirm.';
COMMENT ON COLUMN stats.lists.member_count IS 'Subscribed members.';
COMMENT ON COLUMN stats.lists.unsubscribe_count IS 'Members that unsubscribed.';
COMMENT ON COLUMN stats.lists.cleaned_count IS 'Members cleaned after hard bounces.';
COMMENT ON COLUMN stats.lists.total_contacts IS 'Members of any status but archived.';
COMMENT ON COLUMN stats.lists.campaign_count IS 'Campaigns of any state that use the audience.';
COMMENT ON COLUMN stats.lists.campaign_last_sent_at IS 'Newest campaign sent to it.';
COMMENT ON COLUMN stats.lists.open_rate IS 'Average open rate per campaign, as Mailchimp gives it (0 to 100).';
COMMENT ON COLUMN stats.lists.click_rate IS 'Average click rate per campaign, as Mailchimp gives it (0 to 100).';
COMMENT ON COLUMN stats.lists.avg_sub_rate IS 'Average new members a month, as Mailchimp gives it.';
COMMENT ON COLUMN stats.lists.avg_unsub_rate IS 'Average unsubscribes a month, as Mailchimp gives it.';
COMMENT ON COLUMN stats.lists.last_sub_at IS 'Newest subscription.';
COMMENT ON COLUMN stats.lists.last_unsub_at IS 'Newest unsubscribe.';
COMMENT ON COLUMN stats.lists.extra IS 'Fields the API has added since; kept as they came.';
COMMENT ON COLUMN stats.lists.first_seen_at IS 'When the pipeline first saw the audience.';
COMMENT ON COLUMN stats.lists.read_at IS 'When Mailchimp last listed it; null if it is known from campaigns or the sync only.';
COMMENT ON COLUMN stats.lists.gone_at IS 'When Mailchimp was first found to list it no more.';
CREATE TABLE sync.audience (
    collection_id bigint NOT NULL,
    collection_code text NOT NULL,
    provider text NOT NULL,
    list_id text NOT NULL,
    linked boolean DEFAULT false NOT NULL,
    gdpr_category text,
    settings_hash text,
    remote_name text,
    pulled_through timestamp with time zone,
    fully_listed_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE sync.audience IS 'Audience map: one collection, one audience.';
COMMENT ON COLUMN sync.audience.linked IS 'Named by the CRM (provider_list_id), not created by us.';
COMMENT ON COLUMN sync.audience.gdpr_category IS 'The collection''s last known category: withdrawals are judged by it when the crm names none any more.';
COMMENT ON COLUMN sync.audience.remote_name IS 'Its name in Mailchimp, when last looked at.';
COMMENT ON COLUMN sync.audience.pulled_through IS 'Watermark: newest last_changed seen, provider''s clock.';
CREATE VIEW mart.lists AS
 SELECT list.list_id,
    COALESCE(list.name, newest.list_name) AS name,
    audience.collection_code,
    list.created_at,
    list.member_count,
    list.unsubscribe_count,
    list.cleaned_count,
    list.gone_at,
    COALESCE(sent.campaigns, (0)::bigint) AS campaigns_sent,
    sent.last_sent_at
   FROM (((stats.lists list
     LEFT JOIN sync.audience audience ON ((list.list_id = audience.list_id)))
     LEFT JOIN LATERAL ( SELECT count(*) AS campaigns,
            max(campaign.counted_at) AS last_sent_at
           FROM stats.campaigns campaign
          WHERE ((campaign.list_id = list.list_id) AND (NOT campaign.is_series) AND (EXISTS ( SELECT
                   FROM stats.report_snapshots report
                  WHERE (report.campaign_id = campaign.campaign_id))))) sent ON (true))
     LEFT JOIN LATERAL ( SELECT campaign.list_name
           FROM stats.campaigns campaign
          WHERE ((campaign.list_id = list.list_id) AND (campaign.list_name IS NOT NULL))
          ORDER BY campaign.counted_at DESC
         LIMIT 1) newest ON (true));
COMMENT ON VIEW mart.lists IS 'Dimension: audiences, with the CRM''s collection where it is ours.';
COMMENT ON COLUMN mart.lists.list_id IS 'The audience.';
COMMENT ON COLUMN mart.lists.name IS 'Its name.';
COMMENT ON COLUMN mart.lists.collection_code IS 'Contact collection of the CRM; null if not ours.';
COMMENT ON COLUMN mart.lists.created_at IS 'When it was created.';
COMMENT ON COLUMN mart.lists.member_count IS 'Subscribed members, as Mailchimp last counted them.';
COMMENT ON COLUMN mart.lists.unsubscribe_count IS 'Members that unsubscribed, as Mailchimp last counted them.';
COMMENT ON COLUMN mart.lists.cleaned_count IS 'Members cleaned, as Mailchimp last counted them.';
COMMENT ON COLUMN mart.lists.gone_at IS 'When Mailchimp was first found to list it no more.';
COMMENT ON COLUMN mart.lists.campaigns_sent IS 'Campaigns sent to it.';
COMMENT ON COLUMN mart.lists.last_sent_at IS 'Newest campaign.';
CREATE TABLE mart.member_engagement (
    list_id text NOT NULL,
    subscriber_hash text NOT NULL,
    campaigns_received bigint NOT NULL,
    campaigns_delivered bigint NOT NULL,
    campaigns_opened bigint NOT NULL,
    campaigns_human_opened bigint NOT NULL,
    campaigns_clicked bigint NOT NULL,
    opens bigint NOT NULL,
    proxy_opens bigint NOT NULL,
    clicks bigint NOT NULL,
    hard_bounces bigint NOT NULL,
    soft_bounces bigint NOT NULL,
    unsubscribes bigint NOT NULL,
    abuse_reports bigint NOT NULL,
    first_sent_at timestamp with time zone,
    last_sent_at timestamp with time zone,
    first_open_at timestamp with time zone,
    last_open_at timestamp with time zone,
    first_human_open_at timestamp with time zone,
    last_human_open_at timestamp with time zone,
    first_click_at timestamp with time zone,
    last_click_at timestamp with time zone,
    last_unsubscribed_at timestamp with time zone,
    refreshed_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE mart.member_engagement IS 'Each member of each audience over all its campaigns; caught up member by member.';
COMMENT ON COLUMN mart.member_engagement.list_id IS 'The audience.';
COMMENT ON COLUMN mart.member_engagement.subscriber_hash IS 'The member: md5 of the lower-cased address.';
COMMENT ON COLUMN mart.member_engagement.campaigns_received IS 'Campaigns sent to the member.';
COMMENT ON COLUMN mart.member_engagement.campaigns_delivered IS 'Of them, those without bounce.';
COMMENT ON COLUMN mart.member_engagement.campaigns_opened IS 'Campaigns opened, by proxies too.';
COMMENT ON COLUMN mart.member_engagement.campaigns_human_opened IS 'Campaigns with an open not known to be by a proxy.';
COMMENT ON COLUMN mart.member_engagement.campaigns_clicked IS 'Campaigns clicked in.';
COMMENT ON COLUMN mart.member_engagement.opens IS 'Opens, repeated ones and those by proxies included; at most 1,000 of a member in a campaign, for Mailchimp lists no more.';
COMMENT ON COLUMN mart.member_engagement.proxy_opens IS 'Opens known to be by a proxy.';
COMMENT ON COLUMN mart.member_engagement.clicks IS 'Clicks, repeated ones included; at most 1,000 of a member in a campaign, for Mailchimp lists no more.';
COMMENT ON COLUMN mart.member_engagement.hard_bounces IS 'Permanent delivery failures.';
COMMENT ON COLUMN mart.member_engagement.soft_bounces IS 'Temporary delivery failures.';
COMMENT ON COLUMN mart.member_engagement.unsubscribes IS 'Campaigns the member unsubscribed through.';
COMMENT ON COLUMN mart.member_engagement.abuse_reports IS 'Complaints.';
COMMENT ON COLUMN mart.member_engagement.first_sent_at IS 'When the member got the first campaign: mart.received_at.';
COMMENT ON COLUMN mart.member_engagement.last_sent_at IS 'When the member got the newest campaign.';
COMMENT ON COLUMN mart.member_engagement.first_open_at IS 'First open.';
COMMENT ON COLUMN mart.member_engagement.last_open_at IS 'Newest open.';
COMMENT ON COLUMN mart.member_engagement.first_human_open_at IS 'First open not known to be by a proxy.';
COMMENT ON COLUMN mart.member_engagement.last_human_open_at IS 'Newest open not known to be by a proxy.';
COMMENT ON COLUMN mart.member_engagement.first_click_at IS 'First click.';
COMMENT ON COLUMN mart.member_engagement.last_click_at IS 'Newest click.';
COMMENT ON COLUMN mart.member_engagement.last_unsubscribed_at IS 'Newest unsubscribe.';
COMMENT ON COLUMN mart.member_engagement.refreshed_at IS 'When the row was last counted.';
CREATE TABLE mart.member_frequency (
    list_id text NOT NULL,
    subscriber_hash text NOT NULL,
    mails_in_30_days smallint NOT NULL,
    mails bigint NOT NULL,
    unsubscribes bigint NOT NULL
);
COMMENT ON TABLE mart.member_frequency IS 'Each member''s mails by how many they had then got within 30 days, and how often they left before the next. Caught up member by member.';
COMMENT ON COLUMN mart.member_frequency.list_id IS 'The audience.';
COMMENT ON COLUMN mart.member_frequency.subscriber_hash IS 'The member: md5 of the lower-cased address.';
COMMENT ON COLUMN mart.member_frequency.mails_in_30_days IS 'Mails of the audience that arrived within the 30 days up to this one, itself included; 10 stands for 10 or more.';
COMMENT ON COLUMN mart.member_frequency.mails IS 'Mails that were the so manieth.';
COMMENT ON COLUMN mart.member_frequency.unsubscribes IS 'Of them, those after which the member unsubscribed before the next one came.';
CREATE VIEW mart.unsubscribe_drivers AS
 SELECT unsubscribe.campaign_id,
    unsubscribe.list_id,
    unsubscribe.subscriber_hash,
    member.contact_id,
    unsubscribe.unsubscribed_at,
    unsubscribe.reason,
        CASE
            WHEN (NOT campaign.is_ongoing) THEN round((EXTRACT(epoch FROM (unsubscribe.unsubscribed_at - campaign.sent_at)) / (3600)::numeric), 1)
            ELSE NULL::numeric
        END AS hours_after_sending,
    ( SELECT count(*) AS count
           FROM mart.campaign_recipients earlier
          WHERE ((earlier.subscriber_hash = unsubscribe.subscriber_hash) AND (earlier.list_id = unsubscribe.list_id) AND (earlier.received_at <= unsubscribe.unsubscribed_at) AND (earlier.received_at > (unsubscribe.unsubscribed_at - '30 days'::interval)))) AS campaigns_in_30_days_before,
    (EXTRACT(day FROM (unsubscribe.unsubscribed_at - engagement.first_sent_at)))::integer AS days_since_first_campaign,
    COALESCE((engagement.campaigns_human_opened > 0), false) AS had_ever_read
   FROM (((stats.campaign_unsubscribes unsubscribe
     JOIN stats.campaigns campaign ON ((unsubscribe.campaign_id = campaign.campaign_id)))
     LEFT JOIN mart.member_engagement engagement ON (((unsubscribe.list_id = engagement.list_id) AND (unsubscribe.subscriber_hash = engagement.subscriber_hash))))
     LEFT JOIN mart.members member ON (((unsubscribe.list_id = member.list_id) AND (unsubscribe.subscriber_hash = member.subscriber_hash))));
COMMENT ON VIEW mart.unsubscribe_drivers IS 'Each unsubscribe with what came before it.';
COMMENT ON COLUMN mart.unsubscribe_drivers.campaign_id IS 'The campaign.';
COMMENT ON COLUMN mart.unsubscribe_drivers.list_id IS 'The audience.';
COMMENT ON COLUMN mart.unsubscribe_drivers.subscriber_hash IS 'The member: md5 of the lower-cased address.';
COMMENT ON COLUMN mart.unsubscribe_drivers.contact_id IS 'Contact of the CRM; null if the member is not ours.';
COMMENT ON COLUMN mart.unsubscribe_drivers.unsubscribed_at IS 'When.';
COMMENT ON COLUMN mart.unsubscribe_drivers.reason IS 'Reason the person gave, in Mailchimp''s words.';
COMMENT ON COLUMN mart.unsubscribe_drivers.hours_after_sending IS 'Hours since the campaign was sent; null for campaigns without an end.';
COMMENT ON COLUMN mart.unsubscribe_drivers.campaigns_in_30_days_before IS 'Campaigns of the audience that the member got in the 30 days before, this one included.';
COMMENT ON COLUMN mart.unsubscribe_drivers.days_since_first_campaign IS 'Whole days since the first campaign the member got in the audience.';
COMMENT ON COLUMN mart.unsubscribe_drivers.had_ever_read IS 'Whether the member has ever read a campaign of the audience; opens by proxies do not count.';
CREATE VIEW mart.unsubscribe_frequency AS
 SELECT member_frequency.mails_in_30_days,
    (sum(member_frequency.mails))::bigint AS mails,
    (sum(member_frequency.unsubscribes))::bigint AS unsubscribes,
    round((sum(member_frequency.unsubscribes) / sum(member_frequency.mails)), 6) AS unsubscribe_rate
   FROM mart.member_frequency
  GROUP BY member_frequency.mails_in_30_days;
COMMENT ON VIEW mart.unsubscribe_frequency IS 'Whether more mail drives people away: of the mails that were a member''s first, second and so on of the audience within 30 days, the part after which the member left before the next one came. Per mail received, so that who leaves early and gets no more mail does not count as somebody who got little. A rate that is the same in each row says that the number of mails makes no difference. Counted are unsubscribes through campaigns; the newest mail counts from the day it is sent, before everybody it drives away has left.';
COMMENT ON COLUMN mart.unsubscribe_frequency.mails_in_30_days IS 'Mails of the audience that arrived within the 30 days up to this one, itself included; 10 stands for 10 or more.';
COMMENT ON COLUMN mart.unsubscribe_frequency.mails IS 'Mails that were the so manieth for who got them.';
COMMENT ON COLUMN mart.unsubscribe_frequency.unsubscribes IS 'Unsubscribes at or after them and before the next mail, whichever mail''s link was used.';
COMMENT ON COLUMN mart.unsubscribe_frequency.unsubscribe_rate IS 'unsubscribes per mail (0 to 1).';
CREATE TABLE migration.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE migration.applied_file (
    file_name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE migration.applied_file IS 'Migration files run in this database, with the SHA-256 of their text.';
CREATE TABLE staging.consent (
    staging_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    gdpr_category text NOT NULL,
    consent_id bigint,
    granted boolean,
    effective_at timestamp with time zone,
    expires_at timestamp with time zone,
    future_grant boolean NOT NULL
)
PARTITION BY LIST (staging_id);
COMMENT ON TABLE staging.consent IS 'The deciding e-mail consent per contact and category at the run''s clock; consent_id is null where all rows lie in the future.';
CREATE UNLOGGED TABLE staging.consent_11 (
    staging_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    gdpr_category text NOT NULL,
    consent_id bigint,
    granted boolean,
    effective_at timestamp with time zone,
    expires_at timestamp with time zone,
    future_grant boolean NOT NULL
);
CREATE TABLE staging.contact (
    staging_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    address_key text,
    address_problem text,
    address_written text,
    first_name text,
    last_name text,
    language text,
    is_active boolean NOT NULL,
    erasure_requested_at timestamp with time zone,
    merged_into_id bigint,
    field_values jsonb,
    content_hash text NOT NULL,
    fields_hash text,
    address_digest bytea,
    contact_digest bytea
)
PARTITION BY LIST (staging_id);
COMMENT ON TABLE staging.contact IS 'Contacts of the staged collections, the address already in normal form.';
COMMENT ON COLUMN staging.contact.address_written IS 'The address as the CRM writes it, trimmed and case-folded, where it is not well formed; null elsewhere.';
COMMENT ON COLUMN staging.contact.content_hash IS 'md5 of the names and language that may be sent.';
COMMENT ON COLUMN staging.contact.fields_hash IS 'md5 of the additional fields that may be sent.';
COMMENT ON COLUMN staging.contact.address_digest IS 'HMAC to look the address up in sync.suppression; null while that is empty.';
CREATE UNLOGGED TABLE staging.contact_11 (
    staging_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    address_key text,
    address_problem text,
    address_written text,
    first_name text,
    last_name text,
    language text,
    is_active boolean NOT NULL,
    erasure_requested_at timestamp with time zone,
    merged_into_id bigint,
    field_values jsonb,
    content_hash text NOT NULL,
    fields_hash text,
    address_digest bytea,
    contact_digest bytea
);
CREATE TABLE staging.membership (
    staging_id bigint NOT NULL,
    collection_id bigint NOT NULL,
    contact_id bigint NOT NULL
)
PARTITION BY LIST (staging_id);
COMMENT ON TABLE staging.membership IS 'Which contacts a collection held in this run, distinct.';
CREATE UNLOGGED TABLE staging.membership_11 (
    staging_id bigint NOT NULL,
    collection_id bigint NOT NULL,
    contact_id bigint NOT NULL
);
CREATE TABLE staging.plan (
    staging_id bigint NOT NULL,
    collection_id bigint NOT NULL,
    action text NOT NULL,
    subscriber_hash text NOT NULL,
    contact_id bigint,
    cause text,
    address_key text
)
PARTITION BY LIST (staging_id);
COMMENT ON TABLE staging.plan IS 'The change set of a collection in this run.';
COMMENT ON COLUMN staging.plan.address_key IS 'The address that another contact refused; null elsewhere.';
CREATE UNLOGGED TABLE staging.plan_11 (
    staging_id bigint NOT NULL,
    collection_id bigint NOT NULL,
    action text NOT NULL,
    subscriber_hash text NOT NULL,
    contact_id bigint,
    cause text,
    address_key text
);
CREATE TABLE staging.refusal (
    staging_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    address_key text,
    gdpr_category text
)
PARTITION BY LIST (staging_id);
COMMENT ON TABLE staging.refusal IS 'Refusals of the whole CRM: a withdrawal per category, or (category null) a request for erasure.';
CREATE UNLOGGED TABLE staging.refusal_11 (
    staging_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    address_key text,
    gdpr_category text
);
CREATE TABLE staging.verdict (
    staging_id bigint NOT NULL,
    collection_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    reason_code text,
    detail text,
    address_key text,
    subscriber_hash text,
    consent_id bigint,
    content_hash text
)
PARTITION BY LIST (staging_id);
COMMENT ON TABLE staging.verdict IS 'One row per contact and collection: eligible (reason null) or why not.';
CREATE UNLOGGED TABLE staging.verdict_11 (
    staging_id bigint NOT NULL,
    collection_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    reason_code text,
    detail text,
    address_key text,
    subscriber_hash text,
    consent_id bigint,
    content_hash text
);
CREATE TABLE stats.accepted_difference (
    campaign_id text NOT NULL,
    metric text NOT NULL,
    accepted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    accepted_by text NOT NULL,
    reason text NOT NULL,
    ours bigint NOT NULL,
    mailchimps bigint NOT NULL,
    accepted bigint NOT NULL,
    holds bigint NOT NULL
);
COMMENT ON TABLE stats.accepted_difference IS 'Differences that a person took as final; the newest row of a campaign''s metric counts.';
COMMENT ON COLUMN stats.accepted_difference.campaign_id IS 'The campaign.';
COMMENT ON COLUMN stats.accepted_difference.metric IS 'What is counted.';
COMMENT ON COLUMN stats.accepted_difference.accepted_at IS 'When.';
COMMENT ON COLUMN stats.accepted_difference.accepted_by IS 'Who: the user who started the run, and the run.';
COMMENT ON COLUMN stats.accepted_difference.reason IS 'Why, in that person''s words.';
COMMENT ON COLUMN stats.accepted_difference.ours IS 'Our count then.';
COMMENT ON COLUMN stats.accepted_difference.mailchimps IS 'Mailchimp''s figure then.';
COMMENT ON COLUMN stats.accepted_difference.accepted IS 'Unexplained part of the difference then (Mailchimp''s less ours).';
COMMENT ON COLUMN stats.accepted_difference.holds IS 'What of it is still accepted: it shrinks with the difference and never grows.';
CREATE TABLE stats.audience_activity (
    list_id text NOT NULL,
    day date NOT NULL,
    emails_sent bigint,
    unique_opens bigint,
    recipient_clicks bigint,
    hard_bounces bigint,
    soft_bounces bigint,
    subs bigint,
    unsubs bigint,
    other_adds bigint,
    other_removes bigint,
    extra jsonb,
    read_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE stats.audience_activity IS 'Each audience day by day, as Mailchimp counts it: it tells the last 180 days, these rows stay longer.';
COMMENT ON COLUMN stats.audience_activity.list_id IS 'The audience.';
COMMENT ON COLUMN stats.audience_activity.day IS 'The day, as Mailchimp cuts it.';
COMMENT ON COLUMN stats.audience_activity.emails_sent IS 'Mails sent.';
COMMENT ON COLUMN stats.audience_activity.unique_opens IS 'Members who opened, per campaign.';
COMMENT ON COLUMN stats.audience_activity.recipient_clicks IS 'Clicks.';
COMMENT ON COLUMN stats.audience_activity.hard_bounces IS 'Permanent delivery failures.';
COMMENT ON COLUMN stats.audience_activity.soft_bounces IS 'Temporary delivery failures.';
COMMENT ON COLUMN stats.audience_activity.subs IS 'New subscribers.';
COMMENT ON COLUMN stats.audience_activity.unsubs IS 'Unsubscribes.';
COMMENT ON COLUMN stats.audience_activity.other_adds IS 'Members added by imports or the API.';
COMMENT ON COLUMN stats.audience_activity.other_removes IS 'Members removed otherwise, such as deleted ones.';
COMMENT ON COLUMN stats.audience_activity.extra IS 'Fields the API has added since; kept as they came.';
COMMENT ON COLUMN stats.audience_activity.read_at IS 'When the row was last read.';
CREATE TABLE stats.audience_growth (
    list_id text NOT NULL,
    month date NOT NULL,
    subscribed bigint,
    unsubscribed bigint,
    reconfirm bigint,
    cleaned bigint,
    pending bigint,
    deleted bigint,
    transactional bigint,
    existing bigint,
    imports bigint,
    optins bigint,
    extra jsonb,
    read_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE stats.audience_growth IS 'How each audience grew, month by month.';
COMMENT ON COLUMN stats.audience_growth.list_id IS 'The audience.';
COMMENT ON COLUMN stats.audience_growth.month IS 'First day of the month.';
COMMENT ON COLUMN stats.audience_growth.subscribed IS 'Subscribed members at the end of the month.';
COMMENT ON COLUMN stats.audience_growth.unsubscribed IS 'Newly unsubscribed in the month.';
COMMENT ON COLUMN stats.audience_growth.reconfirm IS 'Newly reconfirmed in the month.';
COMMENT ON COLUMN stats.audience_growth.cleaned IS 'Newly cleaned (hard bounce) in the month.';
COMMENT ON COLUMN stats.audience_growth.pending IS 'Waiting for confirmation.';
COMMENT ON COLUMN stats.audience_growth.deleted IS 'Newly deleted in the month.';
COMMENT ON COLUMN stats.audience_growth.transactional IS 'Who only received transactional mail.';
COMMENT ON COLUMN stats.audience_growth.existing IS 'Deprecated by Mailchimp.';
COMMENT ON COLUMN stats.audience_growth.imports IS 'Deprecated by Mailchimp.';
COMMENT ON COLUMN stats.audience_growth.optins IS 'Deprecated by Mailchimp.';
COMMENT ON COLUMN stats.audience_growth.extra IS 'Fields the API has added since; kept as they came.';
COMMENT ON COLUMN stats.audience_growth.read_at IS 'When the row was last read.';
CREATE TABLE stats.bi_login (
    login text NOT NULL
);
COMMENT ON TABLE stats.bi_login IS 'Logins of BI tools: they get their rights anew after each migration, on what it has brought.';
COMMENT ON COLUMN stats.bi_login.login IS 'Name of the role.';
CREATE TABLE stats.campaign_abuse_reports (
    campaign_id text NOT NULL,
    report_id bigint NOT NULL,
    list_id text,
    subscriber_hash text NOT NULL,
    reported_at timestamp with time zone,
    extra jsonb,
    first_seen_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE stats.campaign_abuse_reports IS 'Who reported which campaign as abuse.';
COMMENT ON COLUMN stats.campaign_abuse_reports.campaign_id IS 'The campaign.';
COMMENT ON COLUMN stats.campaign_abuse_reports.report_id IS 'Mailchimp''s id of the complaint.';
COMMENT ON COLUMN stats.campaign_abuse_reports.list_id IS 'The audience.';
COMMENT ON COLUMN stats.campaign_abuse_reports.subscriber_hash IS 'The member: md5 of the lower-cased address.';
COMMENT ON COLUMN stats.campaign_abuse_reports.reported_at IS 'When.';
COMMENT ON COLUMN stats.campaign_abuse_reports.extra IS 'Fields the API has added since; kept as they came.';
COMMENT ON COLUMN stats.campaign_abuse_reports.first_seen_at IS 'When the pipeline first saw the row.';
CREATE TABLE stats.campaign_activities_2026_11 (
    campaign_id text NOT NULL,
    list_id text,
    subscriber_hash text NOT NULL,
    action text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    url text,
    ip text,
    bounce_type text,
    is_proxy_open boolean,
    ordinal integer NOT NULL,
    url_key uuid GENERATED ALWAYS AS ((md5(COALESCE(url, ''::text)))::uuid) STORED NOT NULL,
    extra jsonb,
    open_extra jsonb,
    first_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT campaign_activities_action_check CHECK ((action = ANY (ARRAY['open'::text, 'click'::text, 'bounce'::text])))
);
COMMENT ON TABLE stats.campaign_activities_2026_11 IS 'Events of 2026-11 (UTC): a part of stats.campaign_activities.';
COMMENT ON COLUMN stats.campaign_activities_2026_11.campaign_id IS 'The campaign.';
COMMENT ON COLUMN stats.campaign_activities_2026_11.list_id IS 'The audience.';
COMMENT ON COLUMN stats.campaign_activities_2026_11.subscriber_hash IS 'The member: md5 of the lower-cased address.';
COMMENT ON COLUMN stats.campaign_activities_2026_11.action IS 'open, click or bounce.';
COMMENT ON COLUMN stats.campaign_activities_2026_11.occurred_at IS 'When it happened, to the second.';
COMMENT ON COLUMN stats.campaign_activities_2026_11.url IS 'Link clicked, verbatim; null for opens and bounces.';
COMMENT ON COLUMN stats.campaign_activities_2026_11.ip IS 'IP address of an open or click, verbatim; retention clears it.';
COMMENT ON COLUMN stats.campaign_activities_2026_11.bounce_type IS 'hard or soft, for bounces.';
COMMENT ON COLUMN stats.campaign_activities_2026_11.is_proxy_open IS 'Whether a mail privacy proxy opened it; null where the API does not say.';
COMMENT ON COLUMN stats.campaign_activities_2026_11.ordinal IS '1, 2, … among the same member''s same action on the same link within one second.';
COMMENT ON COLUMN stats.campaign_activities_2026_11.url_key IS 'md5 of the URL, as in mart.links: keys stay short however long a URL is. No foreign key: the list of events gives a link''s URL alone, and the list of links is read at another time.';
COMMENT ON COLUMN stats.campaign_activities_2026_11.extra IS 'Fields the API has added since; kept as they came.';
COMMENT ON COLUMN stats.campaign_activities_2026_11.open_extra IS 'For opens: fields the API has added to open-details since; kept as they came.';
COMMENT ON COLUMN stats.campaign_activities_2026_11.first_seen_at IS 'When the pipeline first saw the event.';
CREATE TABLE stats.campaign_activities_2026_12 (
    campaign_id text NOT NULL,
    list_id text,
    subscriber_hash text NOT NULL,
    action text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    url text,
    ip text,
    bounce_type text,
    is_proxy_open boolean,
    ordinal integer NOT NULL,
    url_key uuid GENERATED ALWAYS AS ((md5(COALESCE(url, ''::text)))::uuid) STORED NOT NULL,
    extra jsonb,
    open_extra jsonb,
    first_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT campaign_activities_action_check CHECK ((action = ANY (ARRAY['open'::text, 'click'::text, 'bounce'::text])))
);
COMMENT ON TABLE stats.campaign_activities_2026_12 IS 'Events of 2026-12 (UTC): a part of stats.campaign_activities.';
COMMENT ON COLUMN stats.campaign_activities_2026_12.campaign_id IS 'The campaign.';
COMMENT ON COLUMN stats.campaign_activities_2026_12.list_id IS 'The audience.';
COMMENT ON COLUMN stats.campaign_activities_2026_12.subscriber_hash IS 'The member: md5 of the lower-cased address.';
COMMENT ON COLUMN stats.campaign_activities_2026_12.action IS 'open, click or bounce.';
COMMENT ON COLUMN stats.campaign_activities_2026_12.occurred_at IS 'When it happened, to the second.';
COMMENT ON COLUMN stats.campaign_activities_2026_12.url IS 'Link clicked, verbatim; null for opens and bounces.';
COMMENT ON COLUMN stats.campaign_activities_2026_12.ip IS 'IP address of an open or click, verbatim; retention clears it.';
COMMENT ON COLUMN stats.campaign_activities_2026_12.bounce_type IS 'hard or soft, for bounces.';
COMMENT ON COLUMN stats.campaign_activities_2026_12.is_proxy_open IS 'Whether a mail privacy proxy opened it; null where the API does not say.';
COMMENT ON COLUMN stats.campaign_activities_2026_12.ordinal IS '1, 2, … among the same member''s same action on the same link within one second.';
COMMENT ON COLUMN stats.campaign_activities_2026_12.url_key IS 'md5 of the URL, as in mart.links: keys stay short however long a URL is. No foreign key: the list of events gives a link''s URL alone, and the list of links is read at another time.';
COMMENT ON COLUMN stats.campaign_activities_2026_12.extra IS 'Fields the API has added since; kept as they came.';
COMMENT ON COLUMN stats.campaign_activities_2026_12.open_extra IS 'For opens: fields the API has added to open-details since; kept as they came.';
COMMENT ON COLUMN stats.campaign_activities_2026_12.first_seen_at IS 'When the pipeline first saw the event.';
CREATE TABLE sync.campaign (
    campaign_id bigint NOT NULL,
    campaign_code text NOT NULL,
    collection_code text NOT NULL,
    list_id text,
    title text NOT NULL,
    provider_campaign_id text,
    intended_at timestamp with time zone,
    linked_at timestamp with time zone,
    pushed jsonb,
    scheduled_for timestamp with time zone,
    schedule_refused_at timestamp with time zone,
    send_called_at timestamp with time zone,
    shelved_at timestamp with time zone,
    crm_state text,
    planned_at timestamp with time zone,
    status text,
    action text,
    detail text,
    look_again_at timestamp with time zone,
    emails_sent bigint,
    unique_opens bigint,
    unique_clicks bigint,
    sent_at timestamp with time zone,
    tested_at timestamp with time zone,
    tested_by_run text,
    changed_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE sync.campaign IS 'Campaigns of the CRM and what they are at the provider: one row, one campaign there.';
COMMENT ON COLUMN sync.campaign.campaign_id IS 'Key in the CRM.';
COMMENT ON COLUMN sync.campaign.title IS 'The marker: title at the provider, "<description> (<code>)", looked up before anything is created.';
COMMENT ON COLUMN sync.campaign.provider_campaign_id IS 'Id at the provider; null while only intended.';
COMMENT ON COLUMN sync.campaign.intended_at IS 'Committed before the call that creates: a lost answer is noticed. Null: nothing was ever made of it.';
COMMENT ON COLUMN sync.campaign.linked_at IS 'When the provider''s id became known.';
COMMENT ON COLUMN sync.campaign.pushed IS 'Settings as we wrote them last; what differs at the provider was changed there by hand and stays.';
COMMENT ON COLUMN sync.campaign.scheduled_for IS 'For when we scheduled it, committed before the call that does; null where we did not.';
COMMENT ON COLUMN sync.campaign.schedule_refused_at IS 'Since when the account does not schedule: we wait and send at the time.';
COMMENT ON COLUMN sync.campaign.send_called_at IS 'Committed before the call that sends; an unanswered one is not repeated at once.';
COMMENT ON COLUMN sync.campaign.shelved_at IS 'Cancelled after it was scheduled: unscheduled, its draft kept.';
COMMENT ON COLUMN sync.campaign.crm_state IS 'State in the CRM as the plan reads it; see docs/campaigns.md.';
COMMENT ON COLUMN sync.campaign.planned_at IS 'When the CRM plans it, as the last step saw it; another one in the CRM is a new plan.';
COMMENT ON COLUMN sync.campaign.status IS 'State at the provider, in its own words; deleted where it is gone.';
COMMENT ON COLUMN sync.campaign.action IS 'What the last run did.';
COMMENT ON COLUMN sync.campaign.detail IS 'What a person should know.';
COMMENT ON COLUMN sync.campaign.look_again_at IS 'When it is to be looked at again, where that is soon.';
COMMENT ON COLUMN sync.campaign.tested_at IS 'When a test was last sent.';
COMMENT ON COLUMN sync.campaign.tested_by_run IS 'The run that sent it, committed before the call: a retried task sends no second one.';
CREATE TABLE sync.campaign_gate (
    gate_id bigint NOT NULL,
    campaign_id bigint NOT NULL,
    campaign_code text NOT NULL,
    provider_campaign_id text NOT NULL,
    list_id text NOT NULL,
    occasion text NOT NULL,
    gdpr_category text,
    is_open boolean NOT NULL,
    reasons jsonb DEFAULT '[]'::jsonb NOT NULL,
    recipients bigint,
    expected bigint,
    judged bigint,
    release_id bigint,
    decided_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT campaign_gate_occasion_check CHECK ((occasion = ANY (ARRAY['schedule'::text, 'check'::text, 'send'::text])))
);
COMMENT ON TABLE sync.campaign_gate IS 'Every decision of the gate before scheduling and before sending.';
COMMENT ON COLUMN sync.campaign_gate.occasion IS 'Before scheduling, while scheduled, or before sending.';
COMMENT ON COLUMN sync.campaign_gate.is_open IS 'Whether the campaign may go out.';
COMMENT ON COLUMN sync.campaign_gate.reasons IS 'Why it is closed, or what a person released: code, detail, key, may_be_released, released.';
COMMENT ON COLUMN sync.campaign_gate.recipients IS 'Recipients as the provider counts them.';
COMMENT ON COLUMN sync.campaign_gate.expected IS 'Subscribed members that the ledger knows.';
COMMENT ON COLUMN sync.campaign_gate.judged IS 'Subscribed members of ours whose consent was looked up in the CRM.';
CREATE TABLE sync.former_campaign (
    provider_campaign_id text NOT NULL,
    campaign_id bigint NOT NULL,
    forgotten_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE sync.former_campaign IS 'Campaigns at the provider that were one of ours before: deleted, or replaced by a new draft.';
CREATE VIEW stats.campaign_overview AS
 WITH remote AS (
         SELECT campaign.campaign_id,
            campaign.web_id,
            campaign.parent_campaign_id,
            campaign.list_id,
            campaign.list_name,
            campaign.type,
            campaign.status,
            campaign.title,
            campaign.subject_line,
            campaign.preview_text,
            campaign.from_name,
            campaign.reply_to,
            campaign.content_type,
            campaign.segment_text,
            campaign.recipient_count,
            campaign.emails_sent,
            campaign.created_at,
            campaign.sent_at,
            campaign.archive_url,
            campaign.variate_settings,
            campaign.ab_split_options,
            campaign.extra,
            campaign.first_seen_at,
            campaign.read_at,
            campaign.gone_at,
            campaign.sent_on_until,
            campaign.is_ongoing,
            campaign.counted_at,
            campaign.is_series
           FROM (stats.campaigns campaign
             LEFT JOIN sync.former_campaign former ON ((campaign.campaign_id = former.provider_campaign_id)))
          WHERE (former.provider_campaign_id IS NULL)
        )
 SELECT COALESCE(remote.campaign_id, planned.provider_campaign_id) AS provider_campaign_id,
    planned.campaign_id AS crm_campaign_id,
    planned.campaign_code AS crm_campaign_code,
    COALESCE(planned.collection_code, audience.collection_code) AS collection_code,
    COALESCE(planned.status, remote.status,
        CASE
            WHEN (planned.intended_at IS NULL) THEN 'none'::text
            ELSE 'intended'::text
        END) AS status,
    COALESCE(remote.title, planned.title) AS title,
    COALESCE(remote.subject_line, (planned.pushed ->> 'subject_line'::text)) AS subject_line,
    planned.crm_state,
    planned.planned_at,
    planned.scheduled_for,
    COALESCE(planned.sent_at,
        CASE
            WHEN (remote.status = 'sent'::text) THEN remote.sent_at
            ELSE NULL::timestamp with time zone
        END) AS sent_at,
    COALESCE(planned.emails_sent, remote.emails_sent) AS emails_sent,
    COALESCE(planned.unique_opens, report.unique_opens) AS unique_opens,
    COALESCE(planned.unique_clicks, report.unique_subscriber_clicks) AS unique_clicks,
    planned.detail,
    gate.is_open AS gate_is_open,
    gate.reasons AS gate_reasons,
        CASE
            WHEN (planned.campaign_id IS NULL) THEN 'mailchimp'::text
            ELSE 'crm'::text
        END AS origin
   FROM ((((remote
     FULL JOIN sync.campaign planned ON ((remote.campaign_id = planned.provider_campaign_id)))
     LEFT JOIN sync.audience audience ON ((remote.list_id = audience.list_id)))
     LEFT JOIN stats.latest_report report ON ((remote.campaign_id = report.campaign_id)))
     LEFT JOIN LATERAL ( SELECT decision.is_open,
            decision.reasons
           FROM sync.campaign_gate decision
          WHERE (decision.campaign_id = planned.campaign_id)
          ORDER BY decision.gate_id DESC
         LIMIT 1) gate ON (true));
COMMENT ON VIEW stats.campaign_overview IS 'All campaigns, planned in the CRM (origin crm) or made directly in Mailchimp (origin mailchimp).';
COMMENT ON COLUMN stats.campaign_overview.provider_campaign_id IS 'Mailchimp''s id; null if not there yet.';
COMMENT ON COLUMN stats.campaign_overview.crm_campaign_id IS 'Campaign of the CRM; null if made in Mailchimp.';
COMMENT ON COLUMN stats.campaign_overview.crm_campaign_code IS 'Its code in the CRM.';
COMMENT ON COLUMN stats.campaign_overview.collection_code IS 'Contact collection; null if the audience is not ours.';
COMMENT ON COLUMN stats.campaign_overview.status IS 'In Mailchimp''s words; deleted: not there any more; none: nothing made of it yet.';
COMMENT ON COLUMN stats.campaign_overview.title IS 'Internal title.';
COMMENT ON COLUMN stats.campaign_overview.subject_line IS 'Subject as recipients see it.';
COMMENT ON COLUMN stats.campaign_overview.crm_state IS 'State in the CRM as the plan reads it: draft, planned, due, overdue, by_hand, cancelled, gone.';
COMMENT ON COLUMN stats.campaign_overview.planned_at IS 'When the CRM plans to send it.';
COMMENT ON COLUMN stats.campaign_overview.scheduled_for IS 'For when we put it into Mailchimp''s schedule; null where it does not stand there by us.';
COMMENT ON COLUMN stats.campaign_overview.sent_at IS 'When it was sent.';
COMMENT ON COLUMN stats.campaign_overview.emails_sent IS 'Mails sent.';
COMMENT ON COLUMN stats.campaign_overview.unique_opens IS 'Members who opened, proxies included.';
COMMENT ON COLUMN stats.campaign_overview.unique_clicks IS 'Members who clicked.';
COMMENT ON COLUMN stats.campaign_overview.detail IS 'What there is to know of its state.';
COMMENT ON COLUMN stats.campaign_overview.gate_is_open IS 'Whether the newest decision let it go out.';
COMMENT ON COLUMN stats.campaign_overview.gate_reasons IS 'Why not, if not.';
COMMENT ON COLUMN stats.campaign_overview.origin IS 'crm or mailchimp: where it was made.';
CREATE TABLE stats.campaign_part (
    part_id text NOT NULL,
    campaign_id text NOT NULL
);
COMMENT ON TABLE stats.campaign_part IS 'Parts of A/B tests that Mailchimp has told of. Lists of campaigns and reports that name them are read without them: their mails and events are those of the whole.';
COMMENT ON COLUMN stats.campaign_part.part_id IS 'Mailchimp''s id of the part. No foreign key: no campaign.';
COMMENT ON COLUMN stats.campaign_part.campaign_id IS 'The campaign it is a part of. No foreign key: it may turn out to be a part itself.';
CREATE TABLE stats.domain_performance (
    campaign_id text NOT NULL,
    domain text NOT NULL,
    emails_sent bigint,
    bounces bigint,
    opens bigint,
    clicks bigint,
    unsubs bigint,
    delivered bigint,
    emails_pct double precision,
    bounces_pct double precision,
    opens_pct double precision,
    clicks_pct double precision,
    unsubs_pct double precision,
    extra jsonb,
    read_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE stats.domain_performance IS 'A campaign''s biggest e-mail domains, as Mailchimp counts them.';
COMMENT ON COLUMN stats.domain_performance.campaign_id IS 'The campaign.';
COMMENT ON COLUMN stats.domain_performance.domain IS 'Domain of the recipients'' addresses.';
COMMENT ON COLUMN stats.domain_performance.emails_sent IS 'Mails sent to the domain.';
COMMENT ON COLUMN stats.domain_performance.bounces IS 'Bounces at the domain.';
COMMENT ON COLUMN stats.domain_performance.opens IS 'Opens at the domain.';
COMMENT ON COLUMN stats.domain_performance.clicks IS 'Clicks at the domain.';
COMMENT ON COLUMN stats.domain_performance.unsubs IS 'Unsubscribes at the domain.';
COMMENT ON COLUMN stats.domain_performance.delivered IS 'Successful deliveries.';
COMMENT ON COLUMN stats.domain_performance.emails_pct IS 'Part of the campaign''s mails, as Mailchimp gives it.';
COMMENT ON COLUMN stats.domain_performance.bounces_pct IS 'Part of the campaign''s bounces.';
COMMENT ON COLUMN stats.domain_performance.opens_pct IS 'Part of the campaign''s opens.';
COMMENT ON COLUMN stats.domain_performance.clicks_pct IS 'Part of the campaign''s clicks.';
COMMENT ON COLUMN stats.domain_performance.unsubs_pct IS 'Part of the campaign''s unsubscribes.';
COMMENT ON COLUMN stats.domain_performance.extra IS 'Fields the API has added since; kept as they came.';
COMMENT ON COLUMN stats.domain_performance.read_at IS 'When the row was read.';
CREATE TABLE stats.expired_engagement (
    campaign_id text NOT NULL,
    subscriber_hash text NOT NULL,
    list_id text,
    opens bigint NOT NULL,
    proxy_opens bigint NOT NULL,
    unflagged_opens bigint NOT NULL,
    clicks bigint NOT NULL,
    links uuid[] NOT NULL,
    hard_bounces bigint NOT NULL,
    soft_bounces bigint NOT NULL,
    first_open_at timestamp with time zone,
    last_open_at timestamp with time zone,
    first_human_open_at timestamp with time zone,
    last_human_open_at timestamp with time zone,
    first_click_at timestamp with time zone,
    last_click_at timestamp with time zone
);
COMMENT ON TABLE stats.expired_engagement IS 'Counts of the events that retention has removed, per recipient: the part of stats.recipient_engagement that no event stands for any more.';
COMMENT ON COLUMN stats.expired_engagement.campaign_id IS 'The campaign.';
COMMENT ON COLUMN stats.expired_engagement.subscriber_hash IS 'The member: md5 of the lower-cased address.';
COMMENT ON COLUMN stats.expired_engagement.list_id IS 'The audience.';
COMMENT ON COLUMN stats.expired_engagement.opens IS 'Opens removed, those by proxies included.';
COMMENT ON COLUMN stats.expired_engagement.proxy_opens IS 'Of them, those known to be by a proxy.';
COMMENT ON COLUMN stats.expired_engagement.unflagged_opens IS 'Of them, those of which Mailchimp has not said whether a proxy made them.';
COMMENT ON COLUMN stats.expired_engagement.clicks IS 'Clicks removed.';
COMMENT ON COLUMN stats.expired_engagement.links IS 'md5 of each different link clicked.';
COMMENT ON COLUMN stats.expired_engagement.hard_bounces IS 'Permanent delivery failures removed.';
COMMENT ON COLUMN stats.expired_engagement.soft_bounces IS 'Temporary delivery failures removed.';
COMMENT ON COLUMN stats.expired_engagement.first_open_at IS 'First open removed.';
COMMENT ON COLUMN stats.expired_engagement.last_open_at IS 'Newest open removed.';
COMMENT ON COLUMN stats.expired_engagement.first_human_open_at IS 'First open removed that no proxy is known to have made.';
COMMENT ON COLUMN stats.expired_engagement.last_human_open_at IS 'Newest open removed that no proxy is known to have made.';
COMMENT ON COLUMN stats.expired_engagement.first_click_at IS 'First click removed.';
COMMENT ON COLUMN stats.expired_engagement.last_click_at IS 'Newest click removed.';
CREATE TABLE stats.expired_events (
    campaign_id text NOT NULL,
    expired_before timestamp with time zone NOT NULL
);
COMMENT ON TABLE stats.expired_events IS 'Campaigns of which retention has removed events. Their counts are in stats.expired_engagement, so that stats.recipient_engagement and the reconciliation go on adding up.';
COMMENT ON COLUMN stats.expired_events.campaign_id IS 'The campaign.';
COMMENT ON COLUMN stats.expired_events.expired_before IS 'Events before this moment were counted and removed; they are not loaded again.';
CREATE TABLE stats.sub_report_snapshots (
    part_id text NOT NULL,
    campaign_id text NOT NULL,
    taken_at timestamp with time zone DEFAULT now() NOT NULL,
    list_id text,
    emails_sent bigint DEFAULT 0 NOT NULL,
    opens_total bigint DEFAULT 0 NOT NULL,
    unique_opens bigint DEFAULT 0 NOT NULL,
    proxy_excluded_opens bigint,
    proxy_excluded_unique_opens bigint,
    open_rate double precision,
    last_open_at timestamp with time zone,
    clicks_total bigint DEFAULT 0 NOT NULL,
    unique_clicks bigint DEFAULT 0 NOT NULL,
    unique_subscriber_clicks bigint DEFAULT 0 NOT NULL,
    click_rate double precision,
    last_click_at timestamp with time zone,
    unsubscribed bigint DEFAULT 0 NOT NULL,
    hard_bounces bigint DEFAULT 0 NOT NULL,
    soft_bounces bigint DEFAULT 0 NOT NULL,
    syntax_errors bigint DEFAULT 0 NOT NULL,
    abuse_reports bigint DEFAULT 0 NOT NULL,
    forwards_count bigint DEFAULT 0 NOT NULL,
    forwards_opens bigint DEFAULT 0 NOT NULL,
    ab_split jsonb,
    timewarp jsonb,
    timeseries jsonb,
    list_stats jsonb,
    industry_stats jsonb,
    delivery_status jsonb,
    ecommerce jsonb,
    extra jsonb,
    type text,
    title text,
    subject_line text,
    sent_at timestamp with time zone
);
COMMENT ON TABLE stats.sub_report_snapshots IS 'Append-only history of the reports of a campaign''s parts: the groups of an A/B test. They are no campaigns, so part_id stands in no other table.';
COMMENT ON COLUMN stats.sub_report_snapshots.part_id IS 'Mailchimp''s id of the part.';
COMMENT ON COLUMN stats.sub_report_snapshots.campaign_id IS 'The campaign.';
COMMENT ON COLUMN stats.sub_report_snapshots.taken_at IS 'When the report was read.';
COMMENT ON COLUMN stats.sub_report_snapshots.list_id IS 'Audience it went to.';
COMMENT ON COLUMN stats.sub_report_snapshots.emails_sent IS 'Mails sent so far.';
COMMENT ON COLUMN stats.sub_report_snapshots.opens_total IS 'Opens, repeated ones and those by proxies included.';
COMMENT ON COLUMN stats.sub_report_snapshots.unique_opens IS 'Members who opened, proxies included.';
COMMENT ON COLUMN stats.sub_report_snapshots.proxy_excluded_opens IS 'Opens without those by mail privacy proxies; null where the API does not say.';
COMMENT ON COLUMN stats.sub_report_snapshots.proxy_excluded_unique_opens IS 'Members who opened, without proxies; null where the API does not say.';
COMMENT ON COLUMN stats.sub_report_snapshots.open_rate IS 'unique_opens per successful delivery, 0 to 1.';
COMMENT ON COLUMN stats.sub_report_snapshots.last_open_at IS 'Newest open.';
COMMENT ON COLUMN stats.sub_report_snapshots.clicks_total IS 'Clicks, repeated ones included.';
COMMENT ON COLUMN stats.sub_report_snapshots.unique_clicks IS 'Distinct pairs of member and link.';
COMMENT ON COLUMN stats.sub_report_snapshots.unique_subscriber_clicks IS 'Members who clicked.';
COMMENT ON COLUMN stats.sub_report_snapshots.click_rate IS 'Members who clicked per successful delivery, 0 to 1.';
COMMENT ON COLUMN stats.sub_report_snapshots.last_click_at IS 'Newest click.';
COMMENT ON COLUMN stats.sub_report_snapshots.unsubscribed IS 'Members who unsubscribed through this campaign.';
COMMENT ON COLUMN stats.sub_report_snapshots.hard_bounces IS 'Permanent delivery failures.';
COMMENT ON COLUMN stats.sub_report_snapshots.soft_bounces IS 'Temporary delivery failures.';
COMMENT ON COLUMN stats.sub_report_snapshots.syntax_errors IS 'Failures because of malformed addresses.';
COMMENT ON COLUMN stats.sub_report_snapshots.abuse_reports IS 'Complaints.';
COMMENT ON COLUMN stats.sub_report_snapshots.forwards_count IS 'Times the mail was forwarded.';
COMMENT ON COLUMN stats.sub_report_snapshots.forwards_opens IS 'Opens of forwarded mails.';
COMMENT ON COLUMN stats.sub_report_snapshots.ab_split IS 'Figures of the groups of an A/B split.';
COMMENT ON COLUMN stats.sub_report_snapshots.timewarp IS 'Figures per time zone of a timewarp send.';
COMMENT ON COLUMN stats.sub_report_snapshots.timeseries IS 'Hourly figures of the first 24 hours.';
COMMENT ON COLUMN stats.sub_report_snapshots.list_stats IS 'The audience''s averages at that time.';
COMMENT ON COLUMN stats.sub_report_snapshots.industry_stats IS 'The industry''s averages at that time.';
COMMENT ON COLUMN stats.sub_report_snapshots.delivery_status IS 'State of a send in progress.';
COMMENT ON COLUMN stats.sub_report_snapshots.ecommerce IS 'Orders that Mailchimp attributes to the campaign.';
COMMENT ON COLUMN stats.sub_report_snapshots.extra IS 'Fields the API has added since; kept as they came.';
COMMENT ON COLUMN stats.sub_report_snapshots.type IS 'Kind of the part, as the report says.';
COMMENT ON COLUMN stats.sub_report_snapshots.title IS 'Internal title of the part.';
COMMENT ON COLUMN stats.sub_report_snapshots.subject_line IS 'Subject of the part, which is often what is tested.';
COMMENT ON COLUMN stats.sub_report_snapshots.sent_at IS 'When the part was sent.';
CREATE VIEW stats.latest_sub_report AS
 SELECT DISTINCT ON (sub_report_snapshots.campaign_id, sub_report_snapshots.part_id) sub_report_snapshots.part_id,
    sub_report_snapshots.campaign_id,
    sub_report_snapshots.taken_at,
    sub_report_snapshots.list_id,
    sub_report_snapshots.emails_sent,
    sub_report_snapshots.opens_total,
    sub_report_snapshots.unique_opens,
    sub_report_snapshots.proxy_excluded_opens,
    sub_report_snapshots.proxy_excluded_unique_opens,
    sub_report_snapshots.open_rate,
    sub_report_snapshots.last_open_at,
    sub_report_snapshots.clicks_total,
    sub_report_snapshots.unique_clicks,
    sub_report_snapshots.unique_subscriber_clicks,
    sub_report_snapshots.click_rate,
    sub_report_snapshots.last_click_at,
    sub_report_snapshots.unsubscribed,
    sub_report_snapshots.hard_bounces,
    sub_report_snapshots.soft_bounces,
    sub_report_snapshots.syntax_errors,
    sub_report_snapshots.abuse_reports,
    sub_report_snapshots.forwards_count,
    sub_report_snapshots.forwards_opens,
    sub_report_snapshots.ab_split,
    sub_report_snapshots.timewarp,
    sub_report_snapshots.timeseries,
    sub_report_snapshots.list_stats,
    sub_report_snapshots.industry_stats,
    sub_report_snapshots.delivery_status,
    sub_report_snapshots.ecommerce,
    sub_report_snapshots.extra,
    sub_report_snapshots.type,
    sub_report_snapshots.title,
    sub_report_snapshots.subject_line,
    sub_report_snapshots.sent_at
   FROM stats.sub_report_snapshots
  ORDER BY sub_report_snapshots.campaign_id, sub_report_snapshots.part_id, sub_report_snapshots.taken_at DESC;
COMMENT ON VIEW stats.latest_sub_report IS 'The newest snapshot of the report of each part of a campaign.';
COMMENT ON COLUMN stats.latest_sub_report.part_id IS 'Mailchimp''s id of the part.';
COMMENT ON COLUMN stats.latest_sub_report.campaign_id IS 'The campaign.';
COMMENT ON COLUMN stats.latest_sub_report.taken_at IS 'When the report was read.';
COMMENT ON COLUMN stats.latest_sub_report.list_id IS 'Audience it went to.';
COMMENT ON COLUMN stats.latest_sub_report.emails_sent IS 'Mails sent so far.';
COMMENT ON COLUMN stats.latest_sub_report.opens_total IS 'Opens, repeated ones and those by proxies included.';
COMMENT ON COLUMN stats.latest_sub_report.unique_opens IS 'Members who opened, proxies included.';
COMMENT ON COLUMN stats.latest_sub_report.proxy_excluded_opens IS 'Opens without those by mail privacy proxies; null where the API does not say.';
COMMENT ON COLUMN stats.latest_sub_report.proxy_excluded_unique_opens IS 'Members who opened, without proxies; null where the API does not say.';
COMMENT ON COLUMN stats.latest_sub_report.open_rate IS 'unique_opens per successful delivery, 0 to 1.';
COMMENT ON COLUMN stats.latest_sub_report.last_open_at IS 'Newest open.';
COMMENT ON COLUMN stats.latest_sub_report.clicks_total IS 'Clicks, repeated ones included.';
COMMENT ON COLUMN stats.latest_sub_report.unique_clicks IS 'Distinct pairs of member and link.';
COMMENT ON COLUMN stats.latest_sub_report.unique_subscriber_clicks IS 'Members who clicked.';
COMMENT ON COLUMN stats.latest_sub_report.click_rate IS 'Members who clicked per successful delivery, 0 to 1.';
COMMENT ON COLUMN stats.latest_sub_report.last_click_at IS 'Newest click.';
COMMENT ON COLUMN stats.latest_sub_report.unsubscribed IS 'Members who unsubscribed through this campaign.';
COMMENT ON COLUMN stats.latest_sub_report.hard_bounces IS 'Permanent delivery failures.';
COMMENT ON COLUMN stats.latest_sub_report.soft_bounces IS 'Temporary delivery failures.';
COMMENT ON COLUMN stats.latest_sub_report.syntax_errors IS 'Failures because of malformed addresses.';
COMMENT ON COLUMN stats.latest_sub_report.abuse_reports IS 'Complaints.';
COMMENT ON COLUMN stats.latest_sub_report.forwards_count IS 'Times the mail was forwarded.';
COMMENT ON COLUMN stats.latest_sub_report.forwards_opens IS 'Opens of forwarded mails.';
COMMENT ON COLUMN stats.latest_sub_report.ab_split IS 'Figures of the groups of an A/B split.';
COMMENT ON COLUMN stats.latest_sub_report.timewarp IS 'Figures per time zone of a timewarp send.';
COMMENT ON COLUMN stats.latest_sub_report.timeseries IS 'Hourly figures of the first 24 hours.';
COMMENT ON COLUMN stats.latest_sub_report.list_stats IS 'The audience''s averages at that time.';
COMMENT ON COLUMN stats.latest_sub_report.industry_stats IS 'The industry''s averages at that time.';
COMMENT ON COLUMN stats.latest_sub_report.delivery_status IS 'State of a send in progress.';
COMMENT ON COLUMN stats.latest_sub_report.ecommerce IS 'Orders that Mailchimp attributes to the campaign.';
COMMENT ON COLUMN stats.latest_sub_report.extra IS 'Fields the API has added since; kept as they came.';
COMMENT ON COLUMN stats.latest_sub_report.type IS 'Kind of the part, as the report says.';
COMMENT ON COLUMN stats.latest_sub_report.title IS 'Internal title of the part.';
COMMENT ON COLUMN stats.latest_sub_report.subject_line IS 'Subject of the part, which is often what is tested.';
COMMENT ON COLUMN stats.latest_sub_report.sent_at IS 'When the part was sent.';
CREATE TABLE stats.link_member_clicks (
    campaign_id text NOT NULL,
    link_id text NOT NULL,
    list_id text,
    subscriber_hash text NOT NULL,
    clicks bigint NOT NULL,
    extra jsonb,
    changed_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE stats.link_member_clicks IS 'Who clicked which link how often, as Mailchimp counts it: complete also beyond the cap on events.';
COMMENT ON COLUMN stats.link_member_clicks.campaign_id IS 'The campaign.';
COMMENT ON COLUMN stats.link_member_clicks.link_id IS 'The link.';
COMMENT ON COLUMN stats.link_member_clicks.list_id IS 'The audience.';
COMMENT ON COLUMN stats.link_member_clicks.subscriber_hash IS 'The member: md5 of the lower-cased address.';
COMMENT ON COLUMN stats.link_member_clicks.clicks IS 'Clicks of this member on this link.';
COMMENT ON COLUMN stats.link_member_clicks.extra IS 'Fields the API has added since; kept as they came.';
COMMENT ON COLUMN stats.link_member_clicks.changed_at IS 'When the row last changed.';
CREATE TABLE stats.list_state (
    list_id text NOT NULL,
    read_at timestamp with time zone NOT NULL
);
COMMENT ON TABLE stats.list_state IS 'When the histories of each audience were last read.';
COMMENT ON COLUMN stats.list_state.list_id IS 'The audience.';
COMMENT ON COLUMN stats.list_state.read_at IS 'When its months (stats.audience_growth) and days (stats.audience_activity) were last read.';
CREATE TABLE stats.member_activities (
    list_id text NOT NULL,
    subscriber_hash text NOT NULL,
    activity_type text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    ordinal integer NOT NULL,
    campaign_id text,
    url text,
    bounce_type text,
    unsubscribe_reason text,
    is_admin_unsubscribed boolean,
    signup_category text,
    outreach_id text,
    permission_granted boolean,
    event_name text,
    extra jsonb,
    first_seen_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE stats.member_activities IS 'What Mailchimp''s activity feed tells of members of our audiences that left: how they came, what they did, how they went, also outside campaigns.';
COMMENT ON COLUMN stats.member_activities.list_id IS 'The audience.';
COMMENT ON COLUMN stats.member_activities.subscriber_hash IS 'The member: md5 of the lower-cased address.';
COMMENT ON COLUMN stats.member_activities.activity_type IS 'sent, open, click, bounce, unsub, generic_signup, marketing_permission, event, order, …';
COMMENT ON COLUMN stats.member_activities.occurred_at IS 'When it happened.';
COMMENT ON COLUMN stats.member_activities.ordinal IS '1, 2, … among the same member''s same type within one second.';
COMMENT ON COLUMN stats.member_activities.campaign_id IS 'The campaign, null outside one. No foreign key: it may be the mail of an automation without a report.';
COMMENT ON COLUMN stats.member_activities.url IS 'Link clicked, verbatim.';
COMMENT ON COLUMN stats.member_activities.bounce_type IS 'hard or soft, for bounces.';
COMMENT ON COLUMN stats.member_activities.unsubscribe_reason IS 'Why the member unsubscribed, in Mailchimp''s words.';
COMMENT ON COLUMN stats.member_activities.is_admin_unsubscribed IS 'Whether somebody of the account unsubscribed the member.';
COMMENT ON COLUMN stats.member_activities.signup_category IS 'How the member signed up.';
COMMENT ON COLUMN stats.member_activities.outreach_id IS 'Form, page or postcard it came from.';
COMMENT ON COLUMN stats.member_activities.permission_granted IS 'Whether a marketing permission was given or withdrawn.';
COMMENT ON COLUMN stats.member_activities.event_name IS 'Name of an event sent by an application.';
COMMENT ON COLUMN stats.member_activities.extra IS 'Fields the API has added since; kept as they came.';
COMMENT ON COLUMN stats.member_activities.first_seen_at IS 'When the pipeline first saw the row.';
CREATE TABLE stats.member_activity_state (
    list_id text NOT NULL,
    subscriber_hash text NOT NULL,
    as_of timestamp with time zone NOT NULL,
    read_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE stats.member_activity_state IS 'When each member''s activity feed was last read.';
COMMENT ON COLUMN stats.member_activity_state.list_id IS 'The audience.';
COMMENT ON COLUMN stats.member_activity_state.subscriber_hash IS 'The member: md5 of the lower-cased address.';
COMMENT ON COLUMN stats.member_activity_state.as_of IS 'Change of the member, by the ledger, that it was read for; another one asks for another reading.';
COMMENT ON COLUMN stats.member_activity_state.read_at IS 'When it was read.';
CREATE TABLE stats.members (
    list_id text NOT NULL,
    subscriber_hash text NOT NULL,
    is_erased boolean DEFAULT false NOT NULL,
    first_seen_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE stats.members IS 'Everyone whom a report or the sync names, by audience, also who was archived or deleted since: what recipients, events and the rest refer to. Who they are tells mart.members.';
COMMENT ON COLUMN stats.members.list_id IS 'The audience.';
COMMENT ON COLUMN stats.members.subscriber_hash IS 'The member: md5 of the lower-cased address; a random token once the person was erased.';
COMMENT ON COLUMN stats.members.is_erased IS 'Whether the person was erased: the row is nobody''s, and only keeps totals true.';
COMMENT ON COLUMN stats.members.first_seen_at IS 'When the pipeline first heard of the member.';
CREATE TABLE stats.metric (
    metric text NOT NULL,
    stream text NOT NULL,
    description text NOT NULL
);
COMMENT ON TABLE stats.metric IS 'What is counted on both sides, and which stream brings our side.';
COMMENT ON COLUMN stats.metric.metric IS 'Name, as in stats.reconciliation.';
COMMENT ON COLUMN stats.metric.stream IS 'Stream that a difference has read again.';
COMMENT ON COLUMN stats.metric.description IS 'What is counted.';
CREATE VIEW stats.named_member AS
 SELECT campaign_recipients.list_id,
    campaign_recipients.subscriber_hash
   FROM stats.campaign_recipients
UNION ALL
 SELECT campaign_activities.list_id,
    campaign_activities.subscriber_hash
   FROM stats.campaign_activities
UNION ALL
 SELECT campaign_unsubscribes.list_id,
    campaign_unsubscribes.subscriber_hash
   FROM stats.campaign_unsubscribes
UNION ALL
 SELECT campaign_abuse_reports.list_id,
    campaign_abuse_reports.subscriber_hash
   FROM stats.campaign_abuse_reports
UNION ALL
 SELECT link_member_clicks.list_id,
    link_member_clicks.subscriber_hash
   FROM stats.link_member_clicks
UNION ALL
 SELECT recipient_engagement.list_id,
    recipient_engagement.subscriber_hash
   FROM stats.recipient_engagement
UNION ALL
 SELECT expired_engagement.list_id,
    expired_engagement.subscriber_hash
   FROM stats.expired_engagement
UNION ALL
 SELECT member_activities.list_id,
    member_activities.subscriber_hash
   FROM stats.member_activities
UNION ALL
 SELECT member_activity_state.list_id,
    member_activity_state.subscriber_hash
   FROM stats.member_activity_state;
COMMENT ON VIEW stats.named_member IS 'Whom any table of stats names: a row each time. Only to be asked for single members.';
COMMENT ON COLUMN stats.named_member.list_id IS 'The audience.';
COMMENT ON COLUMN stats.named_member.subscriber_hash IS 'The member: md5 of the lower-cased address.';
CREATE TABLE stats.open_locations (
    campaign_id text NOT NULL,
    country_code text NOT NULL,
    region text NOT NULL,
    region_name text,
    opens bigint DEFAULT 0 NOT NULL,
    extra jsonb,
    read_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE stats.open_locations IS 'Where a campaign was opened, as Mailchimp counts it.';
COMMENT ON COLUMN stats.open_locations.campaign_id IS 'The campaign.';
COMMENT ON COLUMN stats.open_locations.country_code IS 'Country, ISO 3166-1 alpha-2; blank if unknown.';
COMMENT ON COLUMN stats.open_locations.region IS 'Mailchimp''s code of the region; blank for the rest of the country.';
COMMENT ON COLUMN stats.open_locations.region_name IS 'Name of the region.';
COMMENT ON COLUMN stats.open_locations.opens IS 'Members who opened there.';
COMMENT ON COLUMN stats.open_locations.extra IS 'Fields the API has added since; kept as they came.';
COMMENT ON COLUMN stats.open_locations.read_at IS 'When the row was read.';
CREATE TABLE sync.consent_proof (
    proof_id bigint NOT NULL,
    list_id text NOT NULL,
    subscriber_hash text NOT NULL,
    collection_code text NOT NULL,
    contact_id bigint NOT NULL,
    consent_id bigint,
    gdpr_category text NOT NULL,
    campaign_type text NOT NULL,
    rules_version text NOT NULL,
    run_id text NOT NULL,
    justified_at timestamp with time zone DEFAULT now() NOT NULL,
    ended_at timestamp with time zone,
    end_cause text
);
COMMENT ON TABLE sync.consent_proof IS 'What justified each member pushed, and when that ended.';
CREATE TABLE sync.member (
    list_id text NOT NULL,
    subscriber_hash text NOT NULL,
    contact_id bigint,
    status text NOT NULL,
    cause text,
    cause_detail text,
    origin text NOT NULL,
    opted_out boolean DEFAULT false NOT NULL,
    complaint_checked boolean DEFAULT false NOT NULL,
    pushed_hash text,
    last_changed timestamp with time zone,
    status_since timestamp with time zone DEFAULT now() NOT NULL,
    synced_at timestamp with time zone,
    unsubscribed_by text,
    intended_action text,
    intended_cause text,
    CONSTRAINT member_cause_check CHECK ((cause = ANY (ARRAY['our_unsubscribe'::text, 'our_archive'::text, 'own_unsubscribe'::text, 'hand_archive'::text, 'cleaned'::text, 'unconfirmed'::text, 'compliance'::text, 'complaint'::text, 'forgotten'::text, 'rejected'::text]))),
    CONSTRAINT member_intended_action_check CHECK ((intended_action = ANY (ARRAY['unsubscribe'::text, 'archive'::text]))),
    CONSTRAINT member_origin_check CHECK ((origin = ANY (ARRAY['created'::text, 'adopted'::text, 'foreign'::text]))),
    CONSTRAINT member_unsubscribed_by_check CHECK ((unsubscribed_by = ANY (ARRAY['person'::text, 'administrator'::text])))
);
COMMENT ON TABLE sync.member IS 'Every member known of our audiences: last known status, origin, what was pushed.';
COMMENT ON COLUMN sync.member.cause IS 'Why the member is not simply subscribed; decides what may follow.';
COMMENT ON COLUMN sync.member.opted_out IS 'The person opted out and did not subscribe again since; stays true whatever else befalls the member.';
COMMENT ON COLUMN sync.member.complaint_checked IS 'Whether the abuse reports were asked about this unsubscribe.';
COMMENT ON COLUMN sync.member.pushed_hash IS 'Hash of what was last pushed; null asks for a push.';
COMMENT ON COLUMN sync.member.unsubscribed_by IS 'Whom mailchimp names as having unsubscribed the member; null where it does not say.';
COMMENT ON COLUMN sync.member.intended_action IS 'A removal that was about to be sent, and whose outcome is not known: noted before the call, so that its effect is known as ours when the answer gets lost.';
COMMENT ON COLUMN sync.member.intended_cause IS 'Cause of that removal, as in staging.plan.';
CREATE VIEW stats.recipient_contact AS
 SELECT recipient.campaign_id,
    recipient.list_id,
    recipient.subscriber_hash,
    proof.contact_id,
    ledger.contact_id AS current_contact_id
   FROM (((stats.campaign_recipients recipient
     JOIN stats.campaigns campaign ON ((recipient.campaign_id = campaign.campaign_id)))
     LEFT JOIN sync.member ledger ON (((recipient.list_id = ledger.list_id) AND (recipient.subscriber_hash = ledger.subscriber_hash))))
     LEFT JOIN LATERAL ( SELECT justified.contact_id
           FROM sync.consent_proof justified
          WHERE ((justified.list_id = recipient.list_id) AND (justified.subscriber_hash = recipient.subscriber_hash) AND (justified.justified_at <= COALESCE(campaign.sent_at, recipient.first_seen_at)) AND (COALESCE(justified.ended_at, 'infinity'::timestamp with time zone) > COALESCE(campaign.sent_at, recipient.first_seen_at)))
          ORDER BY justified.justified_at DESC
         LIMIT 1) proof ON (true));
COMMENT ON VIEW stats.recipient_contact IS 'Which contact of the CRM each recipient stood for when the campaign went out, and which today: contacts may share an address, and which of them represents it changes. The marts count by today''s.';
COMMENT ON COLUMN stats.recipient_contact.campaign_id IS 'The campaign.';
COMMENT ON COLUMN stats.recipient_contact.list_id IS 'The audience.';
COMMENT ON COLUMN stats.recipient_contact.subscriber_hash IS 'The member: md5 of the lower-cased address.';
COMMENT ON COLUMN stats.recipient_contact.contact_id IS 'Contact whose consent was kept as the reason for mailing at that moment (sync.consent_proof); null where none was: the member was not ours then, or the proof is older than it is kept.';
COMMENT ON COLUMN stats.recipient_contact.current_contact_id IS 'Contact that the member stands for today, by the ledger; null if it does not know the member.';
CREATE TABLE stats.reconciliation (
    campaign_id text NOT NULL,
    metric text NOT NULL,
    ours bigint NOT NULL,
    mailchimps bigint NOT NULL,
    difference bigint GENERATED ALWAYS AS ((mailchimps - ours)) STORED NOT NULL,
    cap_hides bigint DEFAULT 0 NOT NULL,
    deleted_hide bigint DEFAULT 0 NOT NULL,
    deleted_hold bigint DEFAULT 0 NOT NULL,
    flags_missing bigint DEFAULT 0 NOT NULL,
    accepted bigint DEFAULT 0 NOT NULL,
    unexplained bigint DEFAULT 0 NOT NULL,
    unexplained_since timestamp with time zone,
    explanation text,
    checked_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE stats.reconciliation IS 'After each load, per campaign and metric: what we hold, what Mailchimp''s report says, and why they differ.';
COMMENT ON COLUMN stats.reconciliation.campaign_id IS 'The campaign.';
COMMENT ON COLUMN stats.reconciliation.metric IS 'What is counted.';
COMMENT ON COLUMN stats.reconciliation.ours IS 'Count in stats.';
COMMENT ON COLUMN stats.reconciliation.mailchimps IS 'Figure of the report.';
COMMENT ON COLUMN stats.reconciliation.difference IS 'Mailchimp''s less ours.';
COMMENT ON COLUMN stats.reconciliation.cap_hides IS 'What Mailchimp itself counts of members beyond the number of events that it lists of one member.';
COMMENT ON COLUMN stats.reconciliation.deleted_hide IS 'Most that members known as deleted can have done between our last reading of them and their deletion, and erased ones before our first: no more of these than recipients, openers and clickers lack here, and nothing that Mailchimp itself counts of members it still lists.';
COMMENT ON COLUMN stats.reconciliation.deleted_hold IS 'What we hold of members deleted since.';
COMMENT ON COLUMN stats.reconciliation.flags_missing IS 'Opens (or members) of which Mailchimp has not said whether a proxy made them.';
COMMENT ON COLUMN stats.reconciliation.accepted IS 'Part of the difference that a person has accepted (stats.accepted_difference).';
COMMENT ON COLUMN stats.reconciliation.unexplained IS 'Part of the difference that nothing explains.';
COMMENT ON COLUMN stats.reconciliation.unexplained_since IS 'Since when the figures differ without explanation; null while they do not.';
COMMENT ON COLUMN stats.reconciliation.explanation IS 'Null when equal; unexplained if any part is; else activity_cap, deleted_members, kept_after_deletion, proxy_flags_missing, changed_while_reading (until the next reading), or accepted.';
COMMENT ON COLUMN stats.reconciliation.checked_at IS 'When they were compared.';
CREATE VIEW stats.stream_gate AS
 SELECT report.campaign_id,
    gate.stream,
    gate.figures,
    gate.is_empty
   FROM ((stats.latest_report report
     JOIN stats.campaigns campaign ON ((report.campaign_id = campaign.campaign_id)))
     CROSS JOIN LATERAL ( VALUES ('recipients'::text,jsonb_build_array(report.emails_sent, report.hard_bounces, report.soft_bounces),(report.emails_sent = 0)), ('activity'::text,jsonb_build_array(report.opens_total, report.unique_opens, report.last_open_at, report.clicks_total, report.unique_clicks, report.last_click_at, report.hard_bounces, report.soft_bounces),((((report.opens_total + report.clicks_total) + report.hard_bounces) + report.soft_bounces) = 0)), ('proxy_opens'::text,jsonb_build_array(report.opens_total, report.unique_opens, report.last_open_at, report.proxy_excluded_opens, report.proxy_excluded_unique_opens),(report.opens_total = 0)), ('unsubscribes'::text,jsonb_build_array(report.unsubscribed),(report.unsubscribed = 0)), ('abuse_reports'::text,jsonb_build_array(report.abuse_reports),(report.abuse_reports = 0)), ('links'::text,jsonb_build_array(report.clicks_total, report.unique_clicks, report.last_click_at),(report.emails_sent = 0)), ('domains'::text,jsonb_build_array(report.emails_sent, report.unique_opens, report.unique_clicks, report.hard_bounces, report.soft_bounces, report.unsubscribed),(report.emails_sent = 0)), ('locations'::text,jsonb_build_array(report.opens_total, report.unique_opens),(report.opens_total = 0)), ('sub_reports'::text,jsonb_build_array(report.emails_sent, report.opens_total, report.unique_opens, report.clicks_total, report.unique_clicks, report.hard_bounces, report.soft_bounces, report.unsubscribed, report.abuse_reports, report.forwards_count),((report.emails_sent = 0) OR (COALESCE(campaign.type, ''::text) = ANY (ARRAY['regular'::text, 'plaintext'::text, 'plain-text'::text, 'rss'::text])))), ('series_mails'::text,jsonb_build_array(report.emails_sent),(report.emails_sent = 0))) gate(stream, figures, is_empty))
  WHERE ((gate.stream = 'series_mails'::text) = campaign.is_series);
COMMENT ON VIEW stats.stream_gate IS 'Per campaign and stream the figures of the newest report that say whether there is anything to read.';
COMMENT ON COLUMN stats.stream_gate.campaign_id IS 'The campaign.';
COMMENT ON COLUMN stats.stream_gate.stream IS 'Name of the stream.';
COMMENT ON COLUMN stats.stream_gate.figures IS 'Figures of the newest report that change when the stream has news.';
COMMENT ON COLUMN stats.stream_gate.is_empty IS 'Whether they say that there is nothing to read.';
CREATE TABLE stats.stream_state (
    campaign_id text NOT NULL,
    stream text NOT NULL,
    gate jsonb,
    complete_through timestamp with time zone,
    rows_read bigint DEFAULT 0 NOT NULL,
    read_at timestamp with time zone DEFAULT now() NOT NULL,
    reconciled_at timestamp with time zone,
    gap jsonb,
    gap_since timestamp with time zone,
    gap_readings integer DEFAULT 0 NOT NULL,
    next_reading_at timestamp with time zone
);
COMMENT ON TABLE stats.stream_state IS 'What was read of each campaign''s streams, and at which figures.';
COMMENT ON COLUMN stats.stream_state.campaign_id IS 'The campaign.';
COMMENT ON COLUMN stats.stream_state.stream IS 'Name of the stream, as in stats.stream_gate.';
COMMENT ON COLUMN stats.stream_state.gate IS 'The report''s figures at which the stream was read to its end.';
COMMENT ON COLUMN stats.stream_state.complete_through IS 'Events up to this moment have been read.';
COMMENT ON COLUMN stats.stream_state.rows_read IS 'Rows the last reading brought.';
COMMENT ON COLUMN stats.stream_state.read_at IS 'When the stream was last read.';
COMMENT ON COLUMN stats.stream_state.reconciled_at IS 'When its figures were last compared with Mailchimp''s; null: not since the last reading.';
COMMENT ON COLUMN stats.stream_state.gap IS 'Mailchimp''s totals less ours, by metric, where they differed after the last reading; null if they agreed.';
COMMENT ON COLUMN stats.stream_state.gap_since IS 'Since when there has been this same gap.';
COMMENT ON COLUMN stats.stream_state.gap_readings IS 'Readings in a row that left this same gap.';
COMMENT ON COLUMN stats.stream_state.next_reading_at IS 'When the stream is read again although no figure changes: a gap may be a list that fills in late.';
CREATE VIEW stats.stale_stream AS
 SELECT gate.campaign_id,
    gate.stream,
    gate.figures,
    COALESCE(((known.next_reading_at <= now()) AND jsonb_path_exists(known.gap, '$.*?(@ > 0)'::jsonpath)), false) AS is_lacking
   FROM ((stats.stream_gate gate
     JOIN stats.campaigns campaign ON ((gate.campaign_id = campaign.campaign_id)))
     LEFT JOIN stats.stream_state known ON (((gate.campaign_id = known.campaign_id) AND (gate.stream = known.stream))))
  WHERE ((campaign.gone_at IS NULL) AND ((known.next_reading_at <= now()) OR ((known.gate IS DISTINCT FROM gate.figures) AND (NOT (gate.is_empty AND (known.campaign_id IS NULL))))));
COMMENT ON VIEW stats.stale_stream IS 'Streams whose figures have changed since they were last read to the end, and gaps due for another look.';
COMMENT ON COLUMN stats.stale_stream.campaign_id IS 'The campaign.';
COMMENT ON COLUMN stats.stale_stream.stream IS 'Name of the stream.';
COMMENT ON COLUMN stats.stale_stream.figures IS 'Figures at which it is to be read.';
COMMENT ON COLUMN stats.stale_stream.is_lacking IS 'Whether a difference in which something lacks is due for another look.';
CREATE TABLE sync.alert (
    collection_code text NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    sent_at timestamp with time zone NOT NULL,
    CONSTRAINT alert_state_check CHECK ((state = ANY (ARRAY['blocked'::text, 'failed'::text, 'late'::text, 'undecided'::text])))
);
COMMENT ON TABLE sync.alert IS 'Alerts sent about collections that are still in that state.';
COMMENT ON COLUMN sync.alert.collection_code IS 'A collection; or "DAG …" that failed, or "contact …" whose erasure is undecided.';
ALTER TABLE sync.campaign_gate ALTER COLUMN gate_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME sync.campaign_gate_gate_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE sync.campaign_release (
    release_id bigint NOT NULL,
    gate_id bigint NOT NULL,
    campaign_id bigint NOT NULL,
    keys text[] NOT NULL,
    requested_at timestamp with time zone DEFAULT now() NOT NULL,
    decision text,
    decided_by text,
    decided_at timestamp with time zone,
    expires_at timestamp with time zone,
    CONSTRAINT campaign_release_decision_check CHECK ((decision = ANY (ARRAY['approved'::text, 'rejected'::text, 'timed_out'::text, 'superseded'::text])))
);
COMMENT ON TABLE sync.campaign_release IS 'What a person was asked, and said, about a closed gate; holds for these very reasons only.';
COMMENT ON COLUMN sync.campaign_release.keys IS 'The reasons asked about, each with the fact it is about.';
COMMENT ON COLUMN sync.campaign_release.decision IS 'Null while nobody answered; no answer in time is a no.';
COMMENT ON COLUMN sync.campaign_release.decided_by IS 'Airflow''s id of who decided.';
COMMENT ON COLUMN sync.campaign_release.expires_at IS 'Until when the decision holds.';
ALTER TABLE sync.campaign_release ALTER COLUMN release_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME sync.campaign_release_release_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE sync.collection_run (
    run_id text NOT NULL,
    collection_code text NOT NULL,
    staging_id bigint,
    list_id text,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    state text,
    staged integer DEFAULT 0 NOT NULL,
    eligible integer DEFAULT 0 NOT NULL,
    quarantined integer DEFAULT 0 NOT NULL,
    added integer DEFAULT 0 NOT NULL,
    updated integer DEFAULT 0 NOT NULL,
    removed integer DEFAULT 0 NOT NULL,
    unchanged integer DEFAULT 0 NOT NULL,
    rejected integer DEFAULT 0 NOT NULL,
    api_calls integer DEFAULT 0 NOT NULL,
    detail text,
    CONSTRAINT collection_run_state_check CHECK ((state = ANY (ARRAY['succeeded'::text, 'blocked'::text, 'failed'::text, 'dry_run'::text])))
);
COMMENT ON TABLE sync.collection_run IS 'What one run did to one collection''s audience.';
COMMENT ON COLUMN sync.collection_run.detail IS 'Begins with a reason code where the state is not succeeded.';
ALTER TABLE sync.consent_proof ALTER COLUMN proof_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME sync.consent_proof_proof_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE sync.erased_status (
    collection_id bigint NOT NULL,
    contact_digest bytea NOT NULL
);
COMMENT ON TABLE sync.erased_status IS 'Rows of crm.provider_member_status about erased contacts that are still to be taken away: the next write-back does. A keyed digest as in sync.suppression, kind contact.';
CREATE TABLE sync.erased_subscriber (
    digest bytea NOT NULL,
    noted_at timestamp with time zone DEFAULT now() NOT NULL,
    erased_at timestamp with time zone
);
COMMENT ON TABLE sync.erased_subscriber IS 'Keyed HMAC-SHA-256 of the subscriber hashes of erased people. Reports of campaigns sent before the erasure are loaded without their rows. Back it up together with sync.suppression.';
COMMENT ON COLUMN sync.erased_subscriber.erased_at IS 'When the last trace was gone; null while the erasure is under way. Whoever signs up again later, by themselves, is known again from then on.';
CREATE TABLE sync.erasure_receipt (
    receipt_id bigint NOT NULL,
    contact_digest bytea NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    run_id text NOT NULL,
    suppressed_at timestamp with time zone DEFAULT now() NOT NULL,
    audiences integer,
    members_deleted integer DEFAULT 0 NOT NULL,
    rows_removed jsonb DEFAULT '{}'::jsonb NOT NULL,
    finished_at timestamp with time zone
);
COMMENT ON TABLE sync.erasure_receipt IS 'One erasure: when it was asked for, when it was done, how much went. It names nobody: whoever holds the key of the digests and a contact id can find its receipt.';
COMMENT ON COLUMN sync.erasure_receipt.contact_digest IS 'As in sync.suppression, kind contact.';
COMMENT ON COLUMN sync.erasure_receipt.requested_at IS 'crm.contact.erasure_requested_at.';
COMMENT ON COLUMN sync.erasure_receipt.suppressed_at IS 'From here on nothing could be pushed any more.';
COMMENT ON COLUMN sync.erasure_receipt.audiences IS 'Audiences of the account that were looked through.';
COMMENT ON COLUMN sync.erasure_receipt.members_deleted IS 'Members permanently deleted in Mailchimp.';
COMMENT ON COLUMN sync.erasure_receipt.rows_removed IS 'Rows deleted, or freed from the person, by table; of the whole run, when it erased several at once.';
COMMENT ON COLUMN sync.erasure_receipt.finished_at IS 'Null: under way; the next run goes on with it.';
ALTER TABLE sync.erasure_receipt ALTER COLUMN receipt_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME sync.erasure_receipt_receipt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE sync.former_audience (
    list_id text NOT NULL,
    collection_id bigint NOT NULL,
    collection_code text NOT NULL,
    gdpr_category text,
    pulled_through timestamp with time zone,
    retired_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone
);
COMMENT ON TABLE sync.former_audience IS 'Audiences that were a collection''s and are not any more: nobody is added or changed there, withdrawals, complaints and erasures still go out, and what people refused there holds in the new one.';
COMMENT ON COLUMN sync.former_audience.deleted_at IS 'Since when it is known to be gone from mailchimp.';
CREATE VIEW sync.former_opt_out AS
 SELECT DISTINCT former.collection_id,
    member.subscriber_hash,
    member.contact_id
   FROM (sync.former_audience former
     JOIN sync.member member ON ((former.list_id = member.list_id)))
  WHERE member.opted_out;
COMMENT ON VIEW sync.former_opt_out IS 'Who opted out of a collection''s former audiences.';
CREATE TABLE sync.reason (
    reason_code text NOT NULL,
    "position" smallint NOT NULL,
    explanation text NOT NULL,
    what_to_do text NOT NULL
);
COMMENT ON TABLE sync.reason IS 'The reason codes of the quarantine, in the order in which they apply.';
CREATE TABLE sync.rejection (
    list_id text NOT NULL,
    subscriber_hash text NOT NULL,
    contact_id bigint NOT NULL,
    content_hash text NOT NULL,
    kind text NOT NULL,
    message text NOT NULL,
    retryable boolean NOT NULL,
    rejected_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE sync.rejection IS 'Addresses the provider refused, with its own words; tried again when the row changes.';
CREATE VIEW sync.held_back AS
 SELECT verdict.staging_id,
    verdict.collection_id,
    verdict.contact_id,
    COALESCE(verdict.reason_code,
        CASE
            WHEN (asked.status IS NOT NULL) THEN 'suppressed_pending'::text
            ELSE plan.cause
        END) AS reason_code,
        CASE
            WHEN (plan.cause = 'rejected_by_mailchimp'::text) THEN rejection.message
            ELSE verdict.detail
        END AS detail
   FROM ((((staging.verdict verdict
     LEFT JOIN staging.plan plan ON (((verdict.staging_id = plan.staging_id) AND (verdict.collection_id = plan.collection_id) AND (verdict.contact_id = plan.contact_id) AND (verdict.subscriber_hash = plan.subscriber_hash) AND (verdict.reason_code IS NULL) AND ((plan.action = ANY (ARRAY['add_pending'::text, 'reconfirm'::text])) OR ((plan.action = ANY (ARRAY['suppress'::text, 'unsubscribe'::text])) AND (EXISTS ( SELECT
           FROM sync.reason
          WHERE (reason.reason_code = plan.cause))))))))
     LEFT JOIN sync.audience audience ON ((verdict.collection_id = audience.collection_id)))
     LEFT JOIN sync.member asked ON (((audience.list_id = asked.list_id) AND (plan.subscriber_hash = asked.subscriber_hash) AND (plan.action = ANY (ARRAY['add_pending'::text, 'reconfirm'::text])) AND (asked.status = 'pending'::text))))
     LEFT JOIN sync.rejection rejection ON (((audience.list_id = rejection.list_id) AND (plan.subscriber_hash = rejection.subscriber_hash))))
  WHERE ((verdict.reason_code IS NOT NULL) OR (plan.cause IS NOT NULL) OR (asked.status IS NOT NULL));
COMMENT ON VIEW sync.held_back IS 'Contacts a staging holds back, by its verdicts and its plan: what the quarantine becomes.';
CREATE TABLE sync.installation (
    singleton boolean DEFAULT true NOT NULL,
    installation_id uuid DEFAULT gen_random_uuid() NOT NULL,
    suppression_created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT installation_singleton_check CHECK (singleton)
);
COMMENT ON TABLE sync.installation IS 'Marks that sync.suppression was created; a push refuses if one stands without the other.';
CREATE TABLE sync.staged_collection (
    staging_id bigint NOT NULL,
    collection_id bigint NOT NULL,
    collection_code text NOT NULL,
    description text NOT NULL,
    gdpr_category text,
    campaign_type text,
    provider text NOT NULL,
    owner_name text,
    is_shared boolean NOT NULL,
    is_static boolean NOT NULL,
    comments text,
    sync_merge_fields boolean NOT NULL,
    provider_list_id text,
    settings jsonb NOT NULL,
    problem_code text,
    problem_detail text,
    problem_state text,
    guard_detail text,
    remark text,
    staged integer,
    eligible integer,
    quarantined integer,
    CONSTRAINT staged_collection_gdpr_category_check CHECK ((gdpr_category = ANY (ARRAY['offer'::text, 'newsletter'::text, 'unclassified'::text]))),
    CONSTRAINT staged_collection_problem_state_check CHECK ((problem_state = ANY (ARRAY['blocked'::text, 'failed'::text, 'succeeded'::text])))
);
COMMENT ON TABLE sync.staged_collection IS 'A collection as one run found it, with what is wrong with it.';
COMMENT ON COLUMN sync.staged_collection.problem_state IS 'How its run ends. A collection that is left alone for good succeeds: only what is due goes out.';
COMMENT ON COLUMN sync.staged_collection.guard_detail IS 'Why the removal guard blocks the plan; null where it does not.';
COMMENT ON COLUMN sync.staged_collection.remark IS 'What a person should look at, though nothing is wrong for sure; told with the run''s result.';
CREATE TABLE sync.staging_run (
    staging_id bigint NOT NULL,
    run_id text NOT NULL,
    clock timestamp with time zone NOT NULL,
    rules_version text NOT NULL,
    dry_run boolean DEFAULT false NOT NULL,
    full_refresh boolean DEFAULT false NOT NULL,
    row_counts jsonb,
    contact_fields jsonb DEFAULT '[]'::jsonb NOT NULL,
    checked_at timestamp with time zone,
    data_docs text,
    dropped_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE sync.staging_run IS 'One snapshot of the CRM. Logged, so that an unlogged staging emptied by a crash is noticed.';
COMMENT ON COLUMN sync.staging_run.clock IS 'The CRM transaction''s time: consents are judged at it.';
COMMENT ON COLUMN sync.staging_run.row_counts IS 'Rows per staging table; later steps refuse other counts.';
CREATE VIEW sync.newest_staging AS
 SELECT DISTINCT ON (newest.collection_code) newest.collection_code,
    newest.collection_id,
    newest.staging_id,
    newest.gdpr_category,
    newest.campaign_type,
    newest.run_id,
    newest.clock
   FROM ( SELECT DISTINCT ON (collection.collection_id) collection.collection_code,
            collection.collection_id,
            collection.staging_id,
            collection.gdpr_category,
            collection.campaign_type,
            run.run_id,
            run.clock
           FROM (sync.staged_collection collection
             JOIN sync.staging_run run ON ((collection.staging_id = run.staging_id)))
          WHERE ((run.dropped_at IS NULL) AND (run.row_counts IS NOT NULL) AND (collection.problem_code IS NULL))
          ORDER BY collection.collection_id, collection.staging_id DESC) newest
  ORDER BY newest.collection_code, newest.staging_id DESC;
COMMENT ON VIEW sync.newest_staging IS 'Each collection''s newest snapshot that is still there.';
CREATE VIEW sync.newest_verdict AS
 SELECT newest.collection_code,
    audience.list_id,
    verdict.subscriber_hash,
    verdict.contact_id,
    COALESCE(held_back.reason_code, verdict.reason_code) AS reason_code,
    COALESCE(held_back.detail, verdict.detail) AS detail,
    newest.run_id,
    newest.clock
   FROM (((sync.newest_staging newest
     JOIN staging.verdict verdict ON (((newest.staging_id = verdict.staging_id) AND (newest.collection_id = verdict.collection_id))))
     LEFT JOIN sync.held_back held_back ON (((verdict.staging_id = held_back.staging_id) AND (verdict.collection_id = held_back.collection_id) AND (verdict.contact_id = held_back.contact_id))))
     LEFT JOIN sync.audience audience ON ((newest.collection_id = audience.collection_id)));
COMMENT ON VIEW sync.newest_verdict IS 'What each collection''s newest snapshot says of its contacts.';
CREATE TABLE sync.quarantine (
    quarantine_id bigint NOT NULL,
    collection_code text NOT NULL,
    contact_id bigint NOT NULL,
    reason_code text NOT NULL,
    detail text,
    first_seen_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    resolved_at timestamp with time zone
);
COMMENT ON TABLE sync.quarantine IS 'Contacts held back from a push, each with a reason a person can act on.';
CREATE VIEW sync.membership_explanation AS
 WITH known AS (
         SELECT audience.collection_code,
            member_1.list_id,
            member_1.subscriber_hash,
            member_1.contact_id
           FROM (sync.member member_1
             JOIN sync.audience audience ON ((member_1.list_id = audience.list_id)))
        UNION
         SELECT consent_proof.collection_code,
            consent_proof.list_id,
            consent_proof.subscriber_hash,
            consent_proof.contact_id
           FROM sync.consent_proof
        UNION
         SELECT newest_verdict.collection_code,
            newest_verdict.list_id,
            newest_verdict.subscriber_hash,
            newest_verdict.contact_id
           FROM sync.newest_verdict
        UNION
         SELECT quarantine_1.collection_code,
            audience.list_id,
            NULL::text AS subscriber_hash,
            quarantine_1.contact_id
           FROM (sync.quarantine quarantine_1
             LEFT JOIN sync.audience audience ON ((quarantine_1.collection_code = audience.collection_code)))
          WHERE ((quarantine_1.resolved_at IS NULL) AND (quarantine_1.reason_code <> 'invalid_field_value'::text) AND (NOT (EXISTS ( SELECT
                   FROM sync.newest_verdict verdict_1
                  WHERE ((verdict_1.collection_code = quarantine_1.collection_code) AND (verdict_1.contact_id = quarantine_1.contact_id))))))
        )
 SELECT known.collection_code,
    known.list_id,
    known.subscriber_hash,
    known.contact_id,
    COALESCE(((member.status = ANY (ARRAY['subscribed'::text, 'pending'::text])) AND (member.cause IS DISTINCT FROM 'forgotten'::text)), false) AS in_audience,
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
    COALESCE(quarantine.reason_code, verdict.reason_code) AS reason_code,
    COALESCE(quarantine.detail, verdict.detail) AS reason_detail,
    reason.explanation,
    reason.what_to_do,
    quarantine.first_seen_at,
    quarantine.last_seen_at,
    (verdict.contact_id IS NOT NULL) AS in_collection,
    verdict.run_id AS judged_by_run,
    verdict.clock AS judged_at
   FROM (((((known
     LEFT JOIN sync.member member ON (((known.list_id = member.list_id) AND (known.subscriber_hash = member.subscriber_hash) AND (NOT (known.contact_id IS DISTINCT FROM member.contact_id)))))
     LEFT JOIN sync.newest_verdict verdict ON (((known.collection_code = verdict.collection_code) AND (known.contact_id = verdict.contact_id))))
     LEFT JOIN sync.quarantine quarantine ON (((known.collection_code = quarantine.collection_code) AND (known.contact_id = quarantine.contact_id) AND (quarantine.resolved_at IS NULL) AND (quarantine.reason_code <> 'invalid_field_value'::text))))
     LEFT JOIN sync.reason reason ON ((COALESCE(quarantine.reason_code, verdict.reason_code) = reason.reason_code)))
     LEFT JOIN LATERAL ( SELECT newest.proof_id,
            newest.list_id,
            newest.subscriber_hash,
            newest.collection_code,
            newest.contact_id,
            newest.consent_id,
            newest.gdpr_category,
            newest.campaign_type,
            newest.rules_version,
            newest.run_id,
            newest.justified_at,
            newest.ended_at,
            newest.end_cause
           FROM sync.consent_proof newest
          WHERE ((newest.list_id = known.list_id) AND (newest.subscriber_hash = known.subscriber_hash) AND (newest.contact_id = known.contact_id))
          ORDER BY newest.proof_id DESC
         LIMIT 1) proof ON (true));
COMMENT ON VIEW sync.membership_explanation IS 'Why an address or a contact is in an audience, or why not: a row per collection, address and contact.';
COMMENT ON COLUMN sync.membership_explanation.in_audience IS 'Subscribed, or asked to confirm.';
COMMENT ON COLUMN sync.membership_explanation.consent_id IS 'Row of crm.consent; null where the category asks for none.';
COMMENT ON COLUMN sync.membership_explanation.run_id IS 'The run that justified the member.';
COMMENT ON COLUMN sync.membership_explanation.ended_at IS 'Null: the justification holds.';
COMMENT ON COLUMN sync.membership_explanation.reason_code IS 'Why the contact is held back, if it is.';
COMMENT ON COLUMN sync.membership_explanation.in_collection IS 'Whether the collection''s newest snapshot holds the contact.';
CREATE TABLE sync.merge_field (
    list_id text NOT NULL,
    field_code text NOT NULL,
    tag text NOT NULL,
    merge_id integer NOT NULL,
    type text NOT NULL,
    name text NOT NULL
);
COMMENT ON TABLE sync.merge_field IS 'Which merge field carries which CRM field; tags never change.';
CREATE TABLE sync.open_batch (
    list_id text NOT NULL,
    ticket text,
    started_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE sync.open_batch IS 'A batch of changes whose results are still to be read: the next pull-back reads them.';
COMMENT ON COLUMN sync.open_batch.ticket IS 'How the provider finds it again; null: its start got no answer.';
CREATE TABLE sync.provider_default (
    "position" smallint NOT NULL,
    column_name text NOT NULL,
    crm_value text,
    provider_value text,
    fate text NOT NULL,
    list_id text,
    read_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT provider_default_fate_check CHECK ((fate = ANY (ARRAY['filled'::text, 'overwritten'::text, 'kept'::text, 'unchanged'::text, 'missing'::text])))
);
COMMENT ON TABLE sync.provider_default IS 'What "Get Mailchimp defaults" read last: each column of crm.external_provider, both sides'' values.';
COMMENT ON COLUMN sync.provider_default.crm_value IS 'Before anything was filled.';
COMMENT ON COLUMN sync.provider_default.list_id IS 'The audience that was read; null: the account has none.';
ALTER TABLE sync.quarantine ALTER COLUMN quarantine_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME sync.quarantine_quarantine_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE sync.removal_request (
    plan_id bigint NOT NULL,
    collection_code text NOT NULL,
    run_id text NOT NULL,
    requested_at timestamp with time zone DEFAULT now() NOT NULL,
    decided_at timestamp with time zone,
    decision text,
    removals integer NOT NULL,
    members integer NOT NULL,
    decided_by text,
    carried_out_at timestamp with time zone,
    carried_out_by text,
    CONSTRAINT removal_request_decision_check CHECK ((decision = ANY (ARRAY['approved'::text, 'rejected'::text, 'timed_out'::text, 'superseded'::text])))
);
COMMENT ON TABLE sync.removal_request IS 'Removals above the guard''s limit that wait for, or got, a person''s decision.';
COMMENT ON COLUMN sync.removal_request.decision IS 'What a person said; timed_out: nobody did; superseded: a newer plan, or a run without trouble, came first.';
COMMENT ON COLUMN sync.removal_request.decided_by IS 'Airflow''s user id of the person who decided.';
COMMENT ON COLUMN sync.removal_request.carried_out_by IS 'The run that removed the plan''s members; no other run may use the approval again.';
CREATE TABLE sync.removal_request_member (
    plan_id bigint NOT NULL,
    subscriber_hash text NOT NULL,
    contact_id bigint,
    cause text NOT NULL
);
COMMENT ON TABLE sync.removal_request_member IS 'The only members an approved plan may remove.';
ALTER TABLE sync.removal_request ALTER COLUMN plan_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME sync.removal_request_plan_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE sync.staging_invariant (
    staging_id bigint NOT NULL,
    collection_code text NOT NULL,
    contacts_without_verdict bigint NOT NULL,
    contacts_with_two_verdicts bigint NOT NULL,
    unknown_reasons bigint NOT NULL,
    eligible_without_valid_address bigint NOT NULL,
    repeated_eligible_addresses bigint NOT NULL,
    eligible_without_consent bigint NOT NULL,
    eligible_refused_or_erased bigint NOT NULL,
    eligible_inactive bigint NOT NULL,
    eligible_suppressed bigint NOT NULL,
    eligible_contacts bigint NOT NULL,
    eligible_ratio_to_last_time numeric
);
COMMENT ON TABLE sync.staging_invariant IS 'Counts that Great Expectations asserts once a run; all breaches are zero.';
ALTER TABLE sync.staging_run ALTER COLUMN staging_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME sync.staging_run_staging_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE sync.subscriber_alias (
    address_hash text NOT NULL,
    subscriber_hash text NOT NULL,
    noted_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE sync.subscriber_alias IS 'Addresses that mailchimp keeps under another member id than the md5 of our normal form: its own wins.';
CREATE TABLE sync.suppression (
    kind text NOT NULL,
    digest bytea NOT NULL,
    cause text NOT NULL,
    suppressed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT suppression_kind_check CHECK ((kind = ANY (ARRAY['address'::text, 'contact'::text])))
);
COMMENT ON TABLE sync.suppression IS 'Keyed HMAC-SHA-256 of every address and contact id that must never be pushed again. Back it up.';
CREATE TABLE sync.suppression_key (
    singleton boolean DEFAULT true NOT NULL,
    hmac_key bytea NOT NULL,
    CONSTRAINT suppression_key_singleton_check CHECK (singleton)
);
COMMENT ON TABLE sync.suppression_key IS 'Key of the HMACs in sync.suppression. Back both up together.';
CREATE TABLE sync.watermark (
    name text NOT NULL,
    value timestamp with time zone NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE sync.watermark IS 'How far each incremental extract has come.';
COMMENT ON COLUMN sync.watermark.name IS 'Extract and what it runs over, for example "members:<list_id>".';
COMMENT ON COLUMN sync.watermark.value IS 'Everything changed up to this moment has been read.';
COMMENT ON COLUMN sync.watermark.updated_at IS 'When the watermark last moved.';
CREATE TABLE sync.written_status (
    collection_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    status text NOT NULL,
    reason text,
    written_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE sync.written_status IS 'What crm.provider_member_status was last told: only differences go there. Emptied, all is written anew.';
ALTER TABLE ONLY staging.consent ATTACH PARTITION staging.consent_11 FOR VALUES IN ('11');
ALTER TABLE ONLY staging.contact ATTACH PARTITION staging.contact_11 FOR VALUES IN ('11');
ALTER TABLE ONLY staging.membership ATTACH PARTITION staging.membership_11 FOR VALUES IN ('11');
ALTER TABLE ONLY staging.plan ATTACH PARTITION staging.plan_11 FOR VALUES IN ('11');
ALTER TABLE ONLY staging.refusal ATTACH PARTITION staging.refusal_11 FOR VALUES IN ('11');
ALTER TABLE ONLY staging.verdict ATTACH PARTITION staging.verdict_11 FOR VALUES IN ('11');
ALTER TABLE ONLY stats.campaign_activities ATTACH PARTITION stats.campaign_activities_2026_11 FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('2026-12-01 00:00:00+00');
ALTER TABLE ONLY stats.campaign_activities ATTACH PARTITION stats.campaign_activities_2026_12 FOR VALUES FROM ('2026-12-01 00:00:00+00') TO ('2027-01-01 00:00:00+00');
INSERT INTO mart.campaign_cohort VALUES
	('804fe022fa', '2026-11-01', '2026-11-01', 15, 15, 10, 9, 7, 1);
INSERT INTO mart.campaign_engagement VALUES
	('804fe022fa', 15, 15, 10, 9, 7, 20, 3, 7, '2026-11-27 08:12:09+00', '2026-11-28 01:00:20+00', '2026-11-27 08:12:55+00', '2026-11-27 17:28:02+00', 34918, 34934, '2026-11-26 01:26:55.189506+00');
INSERT INTO mart.campaign_quarter_hours VALUES
	('804fe022fa', '2026-11-27 08:00:00+00', 1, 0, 1, 0),
	('804fe022fa', '2026-11-27 09:45:00+00', 1, 1, 0, 0),
	('804fe022fa', '2026-11-27 11:45:00+00', 1, 1, 0, 0),
	('804fe022fa', '2026-11-27 13:15:00+00', 1, 1, 0, 0),
	('804fe022fa', '2026-11-27 13:45:00+00', 1, 0, 0, 0),
	('804fe022fa', '2026-11-27 15:45:00+00', 1, 0, 0, 0),
	('804fe022fa', '2026-11-27 17:15:00+00', 12, 0, 6, 0),
	('804fe022fa', '2026-11-28 00:15:00+00', 1, 0, 0, 0),
	('804fe022fa', '2026-11-28 01:00:00+00', 1, 0, 0, 0);
INSERT INTO mart.changed_campaign VALUES
	('804fe022fa'),
	('804fe022fa'),
	('804fe022fa'),
	('804fe022fa');
INSERT INTO mart.changed_member VALUES
	('d9ea9ad5e3', '824119664a38b9d9392ba460bde8aff5'),
	('d9ea9ad5e3', '824119664a38b9d9392ba460bde8aff5');
INSERT INTO mart.contact_engagement VALUES
	('contact 11', 11, NULL, 1, 1, 1, 1, 1, 1, 3, 3, 1, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', '2026-11-27 17:27:14+00', '2026-11-27 17:27:22+00', '2026-11-27 17:27:14+00', '2026-11-27 17:27:22+00', '2026-11-27 17:27:26+00', '2026-11-27 17:27:26+00', NULL, DEFAULT, DEFAULT, DEFAULT),
	('contact 14', 14, NULL, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', '2026-11-27 17:27:30+00', '2026-11-27 17:27:30+00', '2026-11-27 17:27:30+00', '2026-11-27 17:27:30+00', '2026-11-27 17:27:34+00', '2026-11-27 17:27:34+00', NULL, DEFAULT, DEFAULT, DEFAULT),
	('contact 17', 17, NULL, 1, 1, 1, 1, 1, 1, 3, 2, 1, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', '2026-11-27 13:16:04+00', '2026-11-27 17:27:42+00', '2026-11-27 17:27:38+00', '2026-11-27 17:27:42+00', '2026-11-27 17:27:46+00', '2026-11-27 17:27:46+00', NULL, DEFAULT, DEFAULT, DEFAULT),
	('contact 20', 20, NULL, 1, 1, 1, 1, 1, 1, 3, 3, 1, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', '2026-11-27 17:27:50+00', '2026-11-27 17:27:58+00', '2026-11-27 17:27:50+00', '2026-11-27 17:27:58+00', '2026-11-27 17:28:02+00', '2026-11-27 17:28:02+00', NULL, DEFAULT, DEFAULT, DEFAULT),
	('contact 23', 23, NULL, 1, 1, 1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', '2026-11-27 15:55:10+00', '2026-11-27 15:55:10+00', '2026-11-27 15:55:10+00', '2026-11-27 15:55:10+00', NULL, NULL, NULL, DEFAULT, DEFAULT, DEFAULT),
	('contact 26', 26, NULL, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, DEFAULT, DEFAULT, DEFAULT),
	('contact 29', 29, NULL, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-27 17:28:06+00', DEFAULT, DEFAULT, DEFAULT),
	('contact 32', 32, NULL, 1, 1, 1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 1, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', '2026-11-28 01:00:20+00', '2026-11-28 01:00:20+00', '2026-11-28 01:00:20+00', '2026-11-28 01:00:20+00', NULL, NULL, NULL, DEFAULT, DEFAULT, DEFAULT),
	('contact 35', 35, NULL, 1, 1, 1, 1, 1, 1, 4, 3, 1, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', '2026-11-27 08:12:09+00', '2026-11-28 00:17:18+00', '2026-11-27 08:12:09+00', '2026-11-28 00:17:18+00', '2026-11-27 08:12:55+00', '2026-11-27 08:12:55+00', NULL, DEFAULT, DEFAULT, DEFAULT),
	('contact 38', 38, NULL, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, DEFAULT, DEFAULT, DEFAULT),
	('contact 41', 41, NULL, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, DEFAULT, DEFAULT, DEFAULT),
	('contact 44', 44, NULL, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', '2026-11-27 11:48:32+00', '2026-11-27 11:48:32+00', NULL, NULL, NULL, NULL, NULL, DEFAULT, DEFAULT, DEFAULT),
	('contact 5', 5, NULL, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', '2026-11-27 17:26:54+00', '2026-11-27 17:26:54+00', '2026-11-27 17:26:54+00', '2026-11-27 17:26:54+00', '2026-11-27 17:26:58+00', '2026-11-27 17:26:58+00', NULL, DEFAULT, DEFAULT, DEFAULT),
	('contact 8', 8, NULL, 1, 1, 1, 1, 1, 1, 2, 2, 1, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', '2026-11-27 17:27:02+00', '2026-11-27 17:27:06+00', '2026-11-27 17:27:02+00', '2026-11-27 17:27:06+00', '2026-11-27 17:27:10+00', '2026-11-27 17:27:10+00', NULL, DEFAULT, DEFAULT, DEFAULT),
	('member 5be64a5de23c2308ba6196a882637635', NULL, '5be64a5de23c2308ba6196a882637635', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, DEFAULT, DEFAULT, DEFAULT);
INSERT INTO mart.contact_months VALUES
	('contact 14', '2026-11-01', 1, 1, 1, 1, 1, 1, 1, 1, 1, 0),
	('contact 17', '2026-11-01', 1, 1, 1, 1, 1, 1, 3, 2, 1, 0),
	('contact 5', '2026-11-01', 1, 1, 1, 1, 1, 1, 1, 1, 1, 0),
	('contact 20', '2026-11-01', 1, 1, 1, 1, 1, 1, 3, 3, 1, 0),
	('contact 8', '2026-11-01', 1, 1, 1, 1, 1, 1, 2, 2, 1, 0),
	('contact 38', '2026-11-01', 1, 1, 0, 0, 0, 0, 0, 0, 0, 0),
	('contact 29', '2026-11-01', 1, 1, 0, 0, 0, 0, 0, 0, 0, 1),
	('contact 32', '2026-11-01', 1, 1, 1, 1, 0, 1, 1, 1, 0, 0),
	('contact 35', '2026-11-01', 1, 1, 1, 1, 1, 1, 4, 3, 1, 0),
	('contact 41', '2026-11-01', 1, 1, 0, 0, 0, 0, 0, 0, 0, 0),
	('member 5be64a5de23c2308ba6196a882637635', '2026-11-01', 1, 1, 0, 0, 0, 0, 0, 0, 0, 0),
	('contact 23', '2026-11-01', 1, 1, 1, 1, 0, 1, 1, 1, 0, 0),
	('contact 44', '2026-11-01', 1, 1, 1, 0, 0, 0, 1, 0, 0, 0),
	('contact 26', '2026-11-01', 1, 1, 0, 0, 0, 0, 0, 0, 0, 0),
	('contact 11', '2026-11-01', 1, 1, 1, 1, 1, 1, 3, 3, 1, 0);
INSERT INTO mart.contacts VALUES
	('contact 11', 11, NULL, 1, 1, 0, false),
	('contact 14', 14, NULL, 2, 2, 0, false),
	('contact 17', 17, NULL, 1, 1, 0, false),
	('contact 23', 23, NULL, 2, 2, 0, false),
	('contact 26', 26, NULL, 1, 1, 0, false),
	('contact 29', 29, NULL, 1, 0, 0, false),
	('contact 32', 32, NULL, 2, 0, 0, false),
	('contact 35', 35, NULL, 2, 0, 1, false),
	('contact 38', 38, NULL, 1, 0, 0, false),
	('contact 41', 41, NULL, 2, 2, 0, false),
	('contact 44', 44, NULL, 1, 0, 0, false),
	('contact 47', 47, NULL, 1, 1, 0, false),
	('contact 8', 8, NULL, 1, 1, 0, false),
	('member 5be64a5de23c2308ba6196a882637635', NULL, '5be64a5de23c2308ba6196a882637635', 1, 1, 0, false),
	('contact 100', 100, NULL, 1, 1, 0, false),
	('contact 102', 102, NULL, 1, 1, 0, false),
	('contact 104', 104, NULL, 1, 1, 0, false),
	('contact 106', 106, NULL, 1, 1, 0, false),
	('contact 108', 108, NULL, 1, 1, 0, false),
	('contact 20', 20, NULL, 2, 1, 0, false),
	('contact 5', 5, NULL, 4, 4, 0, false),
	('contact 75', 75, NULL, 1, 0, 0, false),
	('contact 77', 77, NULL, 1, 0, 0, false),
	('contact 79', 79, NULL, 1, 0, 0, false),
	('contact 81', 81, NULL, 1, 0, 0, false),
	('contact 83', 83, NULL, 1, 0, 0, false),
	('contact 85', 85, NULL, 1, 0, 0, false),
	('contact 87', 87, NULL, 1, 1, 0, false),
	('contact 89', 89, NULL, 1, 0, 0, false),
	('contact 91', 91, NULL, 1, 1, 0, false),
	('contact 94', 94, NULL, 1, 1, 0, false),
	('contact 96', 96, NULL, 1, 1, 0, false),
	('contact 98', 98, NULL, 1, 1, 0, false);
INSERT INTO mart.member_engagement VALUES
	('d9ea9ad5e3', '135aafcc9c90668fd773d56c04fcf1e0', 1, 1, 1, 1, 1, 3, 0, 1, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', '2026-11-27 17:27:50+00', '2026-11-27 17:27:58+00', '2026-11-27 17:27:50+00', '2026-11-27 17:27:58+00', '2026-11-27 17:28:02+00', '2026-11-27 17:28:02+00', NULL, '2026-11-26 01:26:55.189506+00'),
	('d9ea9ad5e3', '5bb4fadd5cdaa41d68329b963b1ea5d2', 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', '2026-11-27 11:48:32+00', '2026-11-27 11:48:32+00', NULL, NULL, NULL, NULL, NULL, '2026-11-26 01:26:55.189506+00'),
	('d9ea9ad5e3', '5be64a5de23c2308ba6196a882637635', 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-26 01:26:55.189506+00'),
	('d9ea9ad5e3', '5fa86bb4f9a842635565f41d2e6ab8ab', 1, 1, 1, 1, 1, 3, 0, 1, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', '2026-11-27 17:27:14+00', '2026-11-27 17:27:22+00', '2026-11-27 17:27:14+00', '2026-11-27 17:27:22+00', '2026-11-27 17:27:26+00', '2026-11-27 17:27:26+00', NULL, '2026-11-26 01:26:55.189506+00'),
	('d9ea9ad5e3', '7d14a9161252bfb655dc0cee278c34c9', 1, 1, 1, 1, 1, 2, 0, 1, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', '2026-11-27 17:27:02+00', '2026-11-27 17:27:06+00', '2026-11-27 17:27:02+00', '2026-11-27 17:27:06+00', '2026-11-27 17:27:10+00', '2026-11-27 17:27:10+00', NULL, '2026-11-26 01:26:55.189506+00'),
	('d9ea9ad5e3', '824119664a38b9d9392ba460bde8aff5', 1, 1, 1, 1, 1, 3, 1, 1, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', '2026-11-27 13:16:04+00', '2026-11-27 17:27:42+00', '2026-11-27 17:27:38+00', '2026-11-27 17:27:42+00', '2026-11-27 17:27:46+00', '2026-11-27 17:27:46+00', NULL, '2026-11-26 01:26:55.189506+00'),
	('d9ea9ad5e3', '9bc6ae6905e559ae95cb41dc766a061e', 1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', '2026-11-27 17:26:54+00', '2026-11-27 17:26:54+00', '2026-11-27 17:26:54+00', '2026-11-27 17:26:54+00', '2026-11-27 17:26:58+00', '2026-11-27 17:26:58+00', NULL, '2026-11-26 01:26:55.189506+00'),
	('d9ea9ad5e3', 'ade56e1c38dfa9e546a6c7c2175a0c67', 1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', '2026-11-27 17:27:30+00', '2026-11-27 17:27:30+00', '2026-11-27 17:27:30+00', '2026-11-27 17:27:30+00', '2026-11-27 17:27:34+00', '2026-11-27 17:27:34+00', NULL, '2026-11-26 01:26:55.189506+00'),
	('d9ea9ad5e3', 'b232f219b27554d5073694e4abe110bc', 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-26 01:26:55.189506+00'),
	('d9ea9ad5e3', 'c0dbaf01415c7214ea2d463e4667ecfc', 1, 1, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', '2026-11-27 15:55:10+00', '2026-11-27 15:55:10+00', '2026-11-27 15:55:10+00', '2026-11-27 15:55:10+00', NULL, NULL, NULL, '2026-11-26 01:26:55.189506+00'),
	('d9ea9ad5e3', 'c84729d7525669f24a49fbd799015cc3', 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-26 01:26:55.189506+00'),
	('d9ea9ad5e3', 'd12d71628974a1fa456add168bc63875', 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-26 01:26:55.189506+00'),
	('d9ea9ad5e3', 'd67e0c0f840d005edb9afee64e207f2e', 1, 1, 1, 1, 0, 1, 0, 0, 0, 0, 0, 1, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', '2026-11-28 01:00:20+00', '2026-11-28 01:00:20+00', '2026-11-28 01:00:20+00', '2026-11-28 01:00:20+00', NULL, NULL, NULL, '2026-11-26 01:26:55.189506+00'),
	('d9ea9ad5e3', 'de122e338083c298ff9f5b8010d27aeb', 1, 1, 1, 1, 1, 4, 1, 1, 0, 0, 0, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', '2026-11-27 08:12:09+00', '2026-11-28 00:17:18+00', '2026-11-27 08:12:09+00', '2026-11-28 00:17:18+00', '2026-11-27 08:12:55+00', '2026-11-27 08:12:55+00', NULL, '2026-11-26 01:26:55.189506+00'),
	('d9ea9ad5e3', 'e49ca9be668421e1264eafaa5576d17b', 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, '2026-11-27 07:45:00+00', '2026-11-27 07:45:00+00', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-27 17:28:06+00', '2026-11-26 01:26:55.189506+00');
INSERT INTO mart.member_frequency VALUES
	('d9ea9ad5e3', 'd12d71628974a1fa456add168bc63875', 1, 1, 0),
	('d9ea9ad5e3', '5fa86bb4f9a842635565f41d2e6ab8ab', 1, 1, 0),
	('d9ea9ad5e3', '7d14a9161252bfb655dc0cee278c34c9', 1, 1, 0),
	('d9ea9ad5e3', 'b232f219b27554d5073694e4abe110bc', 1, 1, 0),
	('d9ea9ad5e3', 'd67e0c0f840d005edb9afee64e207f2e', 1, 1, 0),
	('d9ea9ad5e3', 'c0dbaf01415c7214ea2d463e4667ecfc', 1, 1, 0),
	('d9ea9ad5e3', '824119664a38b9d9392ba460bde8aff5', 1, 1, 0),
	('d9ea9ad5e3', 'e49ca9be668421e1264eafaa5576d17b', 1, 1, 1),
	('d9ea9ad5e3', 'de122e338083c298ff9f5b8010d27aeb', 1, 1, 0),
	('d9ea9ad5e3', 'c84729d7525669f24a49fbd799015cc3', 1, 1, 0),
	('d9ea9ad5e3', 'ade56e1c38dfa9e546a6c7c2175a0c67', 1, 1, 0),
	('d9ea9ad5e3', '135aafcc9c90668fd773d56c04fcf1e0', 1, 1, 0),
	('d9ea9ad5e3', '9bc6ae6905e559ae95cb41dc766a061e', 1, 1, 0),
	('d9ea9ad5e3', '5be64a5de23c2308ba6196a882637635', 1, 1, 0),
	('d9ea9ad5e3', '5bb4fadd5cdaa41d68329b963b1ea5d2', 1, 1, 0);
INSERT INTO mart.members VALUES
	('d9ea9ad5e3', 'd67e0c0f840d005edb9afee64e207f2e', 'contact 32', 32, 'unsubscribed', false, true, 'created'),
	('d9ea9ad5e3', '135aafcc9c90668fd773d56c04fcf1e0', 'contact 20', 20, 'subscribed', true, true, 'created'),
	('d9ea9ad5e3', '7d14a9161252bfb655dc0cee278c34c9', 'contact 8', 8, 'subscribed', true, true, 'created'),
	('d9ea9ad5e3', '5bb4fadd5cdaa41d68329b963b1ea5d2', 'contact 44', 44, 'archived', false, true, 'created'),
	('f6b92d2444', 'de122e338083c298ff9f5b8010d27aeb', 'contact 35', 35, 'unsubscribed', false, true, 'created'),
	('d9ea9ad5e3', '824119664a38b9d9392ba460bde8aff5', 'contact 17', 17, 'subscribed', true, true, 'created'),
	('f6b92d2444', '9bc6ae6905e559ae95cb41dc766a061e', 'contact 5', 5, 'subscribed', true, true, 'created'),
	('e91f071fa9', 'c84729d7525669f24a49fbd799015cc3', 'contact 41', 41, 'subscribed', true, true, 'created'),
	('d9ea9ad5e3', 'ade56e1c38dfa9e546a6c7c2175a0c67', 'contact 14', 14, 'subscribed', true, true, 'created'),
	('d9ea9ad5e3', 'e49ca9be668421e1264eafaa5576d17b', 'contact 29', 29, 'unsubscribed', false, true, 'created'),
	('d9ea9ad5e3', '5fa86bb4f9a842635565f41d2e6ab8ab', 'contact 11', 11, 'archived', false, true, 'created'),
	('e91f071fa9', 'c0dbaf01415c7214ea2d463e4667ecfc', 'contact 23', 23, 'subscribed', true, true, 'created'),
	('d9ea9ad5e3', '5be64a5de23c2308ba6196a882637635', 'member 5be64a5de23c2308ba6196a882637635', NULL, 'subscribed', true, true, 'foreign'),
	('d9ea9ad5e3', 'de122e338083c298ff9f5b8010d27aeb', 'contact 35', 35, 'cleaned', false, true, 'created'),
	('d9ea9ad5e3', '0e0c6e2266a483b405483a4f5087b24f', 'contact 47', 47, 'subscribed', true, true, 'created'),
	('d9ea9ad5e3', '9bc6ae6905e559ae95cb41dc766a061e', 'contact 5', 5, 'subscribed', true, true, 'created'),
	('e91f071fa9', 'ade56e1c38dfa9e546a6c7c2175a0c67', 'contact 14', 14, 'subscribed', true, true, 'created'),
	('d9ea9ad5e3', 'c84729d7525669f24a49fbd799015cc3', 'contact 41', 41, 'pending', true, true, 'created'),
	('d9ea9ad5e3', 'b232f219b27554d5073694e4abe110bc', 'contact 38', 38, 'archived', false, true, 'created'),
	('d9ea9ad5e3', 'c0dbaf01415c7214ea2d463e4667ecfc', 'contact 23', 23, 'subscribed', true, true, 'created'),
	('e91f071fa9', '9bc6ae6905e559ae95cb41dc766a061e', 'contact 5', 5, 'subscribed', true, true, 'created'),
	('e91f071fa9', 'd67e0c0f840d005edb9afee64e207f2e', 'contact 32', 32, 'unsubscribed', false, true, 'created'),
	('d9ea9ad5e3', '13172db43792fdf0906fd84b1355da0a', 'contact 11', 11, 'subscribed', true, true, 'created'),
	('d9ea9ad5e3', 'd12d71628974a1fa456add168bc63875', 'contact 26', 26, 'subscribed', true, true, 'created'),
	('f6b92d2444', '135aafcc9c90668fd773d56c04fcf1e0', 'contact 20', 20, 'unsubscribed', false, true, 'created'),
	('fe56138604', '541731e4234d0126977040f39595d90c', 'contact 89', 89, 'unsubscribed', false, true, 'created'),
	('fe56138604', 'fdd4a69526c1ce61a77c18f09f966af1', 'contact 102', 102, 'subscribed', true, true, 'created'),
	('48b9e5d63e', '9bc6ae6905e559ae95cb41dc766a061e', 'contact 5', 5, 'subscribed', true, true, 'created'),
	('fe56138604', '92132034413e242c73159d67770e5861', 'contact 75', 75, 'archived', false, true, 'created'),
	('fe56138604', 'd4794ecb5a34a0c64af070f159b14939', 'contact 104', 104, 'subscribed', true, true, 'created'),
	('fe56138604', 'cf2c1a749965b6a4863d4fcbb9f61f4b', 'contact 108', 108, 'subscribed', true, true, 'created'),
	('fe56138604', '2e130a6dc583818465fc87582c449063', 'contact 85', 85, 'archived', false, true, 'created'),
	('fe56138604', 'f7bd42bb590e90b3b6483a7d91756523', 'contact 87', 87, 'subscribed', true, true, 'created'),
	('fe56138604', '9be60641f36cd343019e1dad23dbcf92', 'contact 81', 81, 'archived', false, true, 'created'),
	('fe56138604', '4c33640a038ef36d9eb450a518e684e7', 'contact 94', 94, 'subscribed', true, true, 'created'),
	('fe56138604', '64c02ca7c2695586ca5e18ed4b42fc9d', 'contact 106', 106, 'subscribed', true, true, 'created'),
	('fe56138604', '6fea299c17c6a006614ec0a6780c9964', 'contact 96', 96, 'subscribed', true, true, 'created'),
	('fe56138604', 'b60606577b9eeca8e6a39d124c8bff92', 'contact 100', 100, 'subscribed', true, true, 'created'),
	('fe56138604', '49ef63f27a89e243724340b9de771733', 'contact 83', 83, 'archived', false, true, 'created'),
	('fe56138604', 'e4ebb8584294b66f58152cae55873ce7', 'contact 91', 91, 'subscribed', true, true, 'created'),
	('fe56138604', 'dc05e7d06071f2e56a26cbd0256ecb11', 'contact 98', 98, 'subscribed', true, true, 'created'),
	('fe56138604', '915bc450ba2b029bd245783c12a93698', 'contact 79', 79, 'archived', false, true, 'created'),
	('fe56138604', '19a197d2230eac21efc236cffe0daf3c', 'contact 77', 77, 'archived', false, true, 'created');
INSERT INTO mart.segment_rule VALUES
	(true, 60, 180, 30, 0.2, 3, 3, 0.1, 72);
INSERT INTO mart.setting VALUES
	(true, 'Europe/Athens', false, '2026-11-26 01:26:55.213197+00');
INSERT INTO migration.alembic_version VALUES
	('0014');
INSERT INTO migration.applied_file VALUES
	('0001_foundation.sql', 'd1f5466017016101d464f2fc9c0601bedcd4973ca4379880f54dc8edcb9fa54d', '2026-11-26 01:26:46.717457+00'),
	('0002_sync.sql', 'dd7c900be9d1f8c5e948bf1b016ce5892e2aa259775f647406cbf3dc9055aac2', '2026-11-26 01:26:46.725453+00'),
	('0003_campaigns_and_members.sql', '20fffb38d32afef419b639b345b6f408e32aabef7e24156eaa82c15d41c08696', '2026-11-26 01:26:46.755979+00'),
	('0004_reports.sql', 'f0f0a5e49de442cd96342f6271d86ab7daee607a44105a01e8e24216cd50f171', '2026-11-26 01:26:46.77255+00'),
	('0005_rights.sql', '95670d59f736346c506f1bcbc890485aa22953ffbba3e5f2a879cdfc32734935', '2026-11-26 01:26:46.801056+00'),
	('0006_approvals.sql', 'a03ecce0852da3f3c1f2cf17822ba4f11c24703b3a48f41cc4dcde41844d7924', '2026-11-26 01:26:46.813734+00'),
	('0007_campaigns.sql', '858d7577c7518ab12e2c8605a9ae49ba8389cdfa47f487c885d2ecb58d163e77', '2026-11-26 01:26:46.822997+00'),
	('0008_engagement_and_reconciliation.sql', 'd827615bf746c07366101b472e784e053943a82e79c0e19a0506cfc229aef8f9', '2026-11-26 01:26:46.833117+00'),
	('0009_mart_changes.sql', '3d881ce1054a5465aa44a6b508a0b36f9c65a5bcbda21846d24928bab7d0c36c', '2026-11-26 01:26:46.850088+00'),
	('0010_mart_counts.sql', '2db047cee298228f257a1da232f173a397a3ac8315259be81f202bf7a7402a62', '2026-11-26 01:26:46.861547+00'),
	('0011_star_schema.sql', '19be5afb45991f6e0776661c51dfe2e21c22a4b8ad95221fd0bfd2d2fb574832', '2026-11-26 01:26:46.874358+00'),
	('0012_dimensions.sql', '08c82641c9c79e781103b3dbaae6e2d7cefa1108543b59ea428c4930070e0cf1', '2026-11-26 01:26:46.880207+00'),
	('0013_behaviour_views.sql', '5e9d83a873dbe9d081d27e3df1002d95ee9f50ca7f50439a469c4d0cde77560f', '2026-11-26 01:26:46.885375+00'),
	('0014_intents.sql', 'd07bdd1ecd6fa7621118874d5e9a18fb40c520598ed3e95821b416074cc7ae34', '2026-11-26 01:26:46.897465+00');
INSERT INTO staging.consent_11 VALUES
	(11, 5, 'newsletter', 6, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 5, 'offer', 7, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 8, 'newsletter', 9, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 8, 'offer', 10, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 11, 'newsletter', 12, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 11, 'offer', 13, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 14, 'newsletter', 15, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 14, 'offer', 16, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 17, 'newsletter', 18, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 17, 'offer', 19, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 20, 'newsletter', 21, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 20, 'offer', 22, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 23, 'newsletter', 24, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 23, 'offer', 25, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 26, 'newsletter', 27, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 26, 'offer', 28, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 29, 'newsletter', 30, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 29, 'offer', 31, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 32, 'newsletter', 33, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 32, 'offer', 34, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 35, 'newsletter', 36, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 35, 'offer', 37, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 38, 'newsletter', 39, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 38, 'offer', 40, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 41, 'newsletter', 73, true, '2026-11-26 01:26:48.463805+00', NULL, false),
	(11, 41, 'offer', 43, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 47, 'newsletter', 48, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 47, 'offer', 49, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 50, 'newsletter', 51, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 50, 'offer', 52, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 53, 'newsletter', 54, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 55, 'newsletter', 56, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 57, 'newsletter', 58, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 60, 'newsletter', 61, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 62, 'newsletter', 63, true, '2020-01-01 00:00:00+00', '2024-01-01 00:00:00+00', false),
	(11, 64, 'newsletter', NULL, NULL, NULL, NULL, true),
	(11, 66, 'newsletter', 67, false, '2026-11-26 01:26:47.653374+00', NULL, false),
	(11, 68, 'newsletter', 69, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 87, 'newsletter', 88, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 89, 'newsletter', 93, false, '2026-11-26 01:26:49.247141+00', NULL, false),
	(11, 91, 'newsletter', 92, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 106, 'newsletter', 107, true, '2020-01-01 00:00:00+00', NULL, false),
	(11, 108, 'newsletter', 109, true, '2020-01-01 00:00:00+00', NULL, false);
INSERT INTO staging.contact_11 VALUES
	(11, 5, 'filos0@tachydromeio.gr', NULL, NULL, 'Ελένη', 'Παπαδοπούλου', 'el', true, NULL, NULL, '{"city": "Αθήνα", "since": "2024-02-29"}', '834e067839ce806bae8ec598f0f9c254', 'fc1d36aa81df69f9694de1f4e5d7cd18', '\xa173417e6613eea88510adf5d9e73e80812bf48eaa82cef7d034ea78de5756ed', '\x12c07f5c1ee82c647ff2a81cb08c33d56c28df30389371eebd1d14376356a25b'),
	(11, 8, 'filos1@tachydromeio.gr', NULL, NULL, 'Νίκος', 'Γεωργίου', 'el', true, NULL, NULL, '{"city": "Θεσσαλονίκη", "since": "2024-02-29"}', 'da4ac698cea27115d94836918e307117', '52d753131c54ee850d0e162dcb9589b1', '\x8cf1b57a37d517008c9f36154eab7ea9a5867d3ff2bfca7b083107b72d26c6a1', '\x4d92c126e146947e1f6ed2b0f48b8f918fa1ca62dcfa9a29db2e3b6682b95d40'),
	(11, 14, 'filos3@tachydromeio.gr', NULL, NULL, 'Γιώργος', 'Αντωνίου', 'el', true, NULL, NULL, '{"city": "Θεσσαλονίκη", "since": "2024-02-29"}', '2ff13eb05e9d7493a8c43dc2ea4d412e', '52d753131c54ee850d0e162dcb9589b1', '\x60b7c4696b9d85963c795db238e51cdd889cf273fc801f7cd56a4a3777130fc9', '\x96cc4492f32e47380bf9dc052de94d4edb0f5d220dc1269755ba13304a590689'),
	(11, 17, 'filos4@tachydromeio.gr', NULL, NULL, 'Άννα', 'Μακρή', 'el', true, NULL, NULL, '{"city": "Αθήνα", "since": "2024-02-29"}', '4f6b267de5c493235b4023a2b82baf5b', 'fc1d36aa81df69f9694de1f4e5d7cd18', '\xa21a278a502d6aaa9d0e7d3d3fdf796589e45d795372155cd78eed135b749703', '\x538feb7a5fb369417cba588cbcedf77543fe4ca37a4b952732783e8faf221c50'),
	(11, 20, 'filos5@tachydromeio.gr', NULL, NULL, 'Κώστας', 'Δήμου', 'el', true, NULL, NULL, '{"city": "Θεσσαλονίκη", "since": "2024-02-29"}', '224253e6db504e8efc1c875b84c9cacc', '52d753131c54ee850d0e162dcb9589b1', '\xda13a7c0de7a7371de45c1640f072e1b0cde093c51c0a5012f745300752a4524', '\x6fe181c5f21ad1da16e32e06c0a4b54920e4483d2ad9d8520d42cbf46873bdda'),
	(11, 23, 'filos6@tachydromeio.gr', NULL, NULL, 'Ελένη', 'Παπαδοπούλου', 'el', true, NULL, NULL, '{"city": "Αθήνα", "since": "2024-02-29"}', '834e067839ce806bae8ec598f0f9c254', 'fc1d36aa81df69f9694de1f4e5d7cd18', '\x63611ffebf860565fa0e46ce58052eb68122f30389960e1f025623485dff9df2', '\xa2bd057439714ccf54982f822423d7e1e5bba2e5d6b1c0f1ba75ab8131930b0a'),
	(11, 26, 'filos7@tachydromeio.gr', NULL, NULL, 'Νίκος', 'Γεωργίου', 'el', true, NULL, NULL, '{"city": "Θεσσαλονίκη", "since": "χθες"}', 'da4ac698cea27115d94836918e307117', '510acc2aeefd2373505ebb9a86e8975e', '\x7ae94ebf19f4cd58fdff28346e27bacd42c76e969b0e29a2d58bf155a881b735', '\xcb64939514864a29c3f7c5bec34a23335964bd3a05d7c68a2f1e9daddfd30bf3'),
	(11, 29, 'filos8@tachydromeio.gr', NULL, NULL, 'Σοφία', 'Οικονόμου', 'el', true, NULL, NULL, '{"city": "Αθήνα", "since": "2024-02-29"}', 'cd02f8989c22720e82b8c6ce8f9b4ba6', 'fc1d36aa81df69f9694de1f4e5d7cd18', '\x321c7d233b190b2aa63142cb01cce5f829cc1ba8f9271fbca859cbda4c0c5dcb', '\x6b9c55f8500abf62d1a46f1ca3760f8e5dd65944868e2e3a284c8ce9f58f88bf'),
	(11, 32, 'filos9@tachydromeio.gr', NULL, NULL, 'Γιώργος', 'Αντωνίου', 'el', true, NULL, NULL, '{"city": "Θεσσαλονίκη", "since": "2024-02-29"}', '2ff13eb05e9d7493a8c43dc2ea4d412e', '52d753131c54ee850d0e162dcb9589b1', '\x04732d02a1de0f9960f3a9b5071ceb7df1c5ff3653367df13df30df23b4cbb9e', '\x83ed060971aa8354f66df37a466802dc2640142eafcc631ed823e7048e3e25a9'),
	(11, 35, 'filos10@tachydromeio.gr', NULL, NULL, 'Άννα', 'Μακρή', 'el', true, NULL, NULL, '{"city": "Αθήνα", "since": "2024-02-29"}', '4f6b267de5c493235b4023a2b82baf5b', 'fc1d36aa81df69f9694de1f4e5d7cd18', '\xfc386c9bceefe540f87262bdeafd081f7b7508c0e74b7a29bc508f2e576d5a40', '\x548e77e121130eeeae7059b821bd5be8d68a85e9569d01e4e2afcdc9b03e56f2'),
	(11, 38, 'filos11@tachydromeio.gr', NULL, NULL, 'Κώστας', 'Δήμου', 'el', true, NULL, NULL, '{"city": "Θεσσαλονίκη", "since": "2024-02-29"}', '224253e6db504e8efc1c875b84c9cacc', '52d753131c54ee850d0e162dcb9589b1', '\xf5af775affd3ab7ea0c40f9d330a6df8f04283ffee2742a4f88be2687a400458', '\xc97902f920d554c64ffbccc5fb2349d455908632b3b4591681d9c53e7c61e3ff'),
	(11, 41, 'filos12@tachydromeio.gr', NULL, NULL, 'Ελένη', 'Παπαδοπούλου', 'el', true, NULL, NULL, '{"city": "Αθήνα", "since": "2024-02-29"}', '834e067839ce806bae8ec598f0f9c254', 'fc1d36aa81df69f9694de1f4e5d7cd18', '\xeeb8c99e27d0283b2e88bf8c83f01ba4dd254f61d6f9158df534a0a35094c716', '\x3943cdbfee2c69e0139d958fc3b465d8a4bf3cfcbefc31ed91eb44443be74362'),
	(11, 47, 'filos14@tachydromeio.gr', NULL, NULL, 'Σοφία', 'Οικονόμου', 'el', true, NULL, NULL, '{"city": "Αθήνα", "since": "2024-02-29"}', 'cd02f8989c22720e82b8c6ce8f9b4ba6', 'fc1d36aa81df69f9694de1f4e5d7cd18', '\x809bdbce68e970150f390c253de34de042fe451847a3a337c82376123a55d620', '\x6292325a1d72ee642bc1bc795c4f9ee895646fbd7c650d05ecb2c67c4dae916f'),
	(11, 53, NULL, 'missing_email', NULL, 'Μαρία', 'Παπαδοπούλου', 'el', true, NULL, NULL, NULL, '415f8dea01e9aa867519357762ae517f', '99914b932bd37a50b983c5e7c90ae93b', NULL, '\xa16a2898adf65d090cde225878a42075971e60e98621366edbf815a807fe3969'),
	(11, 55, NULL, 'invalid_email', 'όχι διεύθυνση', 'Μαρία', 'Παπαδοπούλου', 'el', true, NULL, NULL, NULL, '415f8dea01e9aa867519357762ae517f', '99914b932bd37a50b983c5e7c90ae93b', NULL, '\xc745aec624f91a70962ddbe974c918d81fc55f3450774d8555e1b8e49b3d42c0'),
	(11, 57, 'filos1@tachydromeio.gr', NULL, NULL, 'Δίδυμος', 'Παπαδοπούλου', 'el', true, NULL, NULL, NULL, 'a85820a883357d479a00f89e891fd5c5', '99914b932bd37a50b983c5e7c90ae93b', '\x8cf1b57a37d517008c9f36154eab7ea9a5867d3ff2bfca7b083107b72d26c6a1', '\x1b918714887a03f4a55a7b154feb0d2eb24e5cb813af1938b4a9d695521b27b5'),
	(11, 59, 'xoris@tachydromeio.gr', NULL, NULL, 'Μαρία', 'Παπαδοπούλου', 'el', true, NULL, NULL, NULL, '415f8dea01e9aa867519357762ae517f', '99914b932bd37a50b983c5e7c90ae93b', '\xadb14677a68625ddf6c6f6fbc49b2f464246d80264897f8b12a29ac4fb407cf0', '\xc41cd8b2e4c81ce84279be8d601d4189faff294b15399241c4b9921c30e6d510'),
	(11, 60, 'anenergos@tachydromeio.gr', NULL, NULL, 'Μαρία', 'Παπαδοπούλου', 'el', false, NULL, NULL, NULL, '415f8dea01e9aa867519357762ae517f', '99914b932bd37a50b983c5e7c90ae93b', '\xcefb24c789b164b16a27a52927f0cf99a06c548b397f2bed9a2497b573672008', '\xa117e60bfee1ef6e2dd5801eb5f12ff1d01704c590610095955e09b5b7f87c5a'),
	(11, 62, 'lixi@tachydromeio.gr', NULL, NULL, 'Μαρία', 'Παπαδοπούλου', 'el', true, NULL, NULL, NULL, '415f8dea01e9aa867519357762ae517f', '99914b932bd37a50b983c5e7c90ae93b', '\x08af97405b7b1f218ed5279c523d2b7f7c77e44f88f430e4bb1871876cd80108', '\x7b63c19a4c4658b3692466660ea889a95eafa726e4fcf14bf48d114e2e4d26d8'),
	(11, 64, 'argotera@tachydromeio.gr', NULL, NULL, 'Μαρία', 'Παπαδοπούλου', 'el', true, NULL, NULL, NULL, '415f8dea01e9aa867519357762ae517f', '99914b932bd37a50b983c5e7c90ae93b', '\xcc591975eca14e975a40da2e8c5536182b8f832b87168a06720c9e883d128512', '\xc0b6401a5d686fe6d4e2323eb74eb95ebc15652fb650af3b82d3de0616579ac6'),
	(11, 66, 'ochi@tachydromeio.gr', NULL, NULL, 'Μαρία', 'Παπαδοπούλου', 'el', true, NULL, NULL, NULL, '415f8dea01e9aa867519357762ae517f', '99914b932bd37a50b983c5e7c90ae93b', '\xe6fc5720ed4f8864c2888be3b98f00bd77b6b172b6415502c59c63cd891c2d97', '\xc242a956125ee56bfe58a8323e0fd199be16bdc7e450a2d64123d9069cc2d0e3'),
	(11, 68, 'test@example.com', NULL, NULL, 'Μαρία', 'Παπαδοπούλου', 'el', true, NULL, NULL, NULL, '415f8dea01e9aa867519357762ae517f', '99914b932bd37a50b983c5e7c90ae93b', '\x50d3c4afb73c4fda120eb0d541d53af5050ab907d8dc0a1af4155d2f83dac6d3', '\xee6383cbdb91fe130ad8f9173f3f06febf16565ef7bbf47b67cb4f076de3b12f'),
	(11, 50, 'filos15@tachydromeio.gr', NULL, NULL, NULL, NULL, NULL, true, '2026-11-01 00:00:00+00', NULL, NULL, '2ff13eb05e9d7493a8c43dc2ea4d412e', '52d753131c54ee850d0e162dcb9589b1', '\x8c1597248a00131e87ce737806476cdb56dcbd780c589c38e5a1b84ea87b7de7', '\xe9798eee0988d25fbfcd01eaf14dad98f4cb48115665790bafef182053367ca6'),
	(11, 11, 'nea.filos2@tachydromeio.gr', NULL, NULL, 'Σοφία', 'Οικονόμου', 'el', true, NULL, NULL, '{"city": "Αθήνα", "since": "2024-02-29"}', 'cd02f8989c22720e82b8c6ce8f9b4ba6', 'fc1d36aa81df69f9694de1f4e5d7cd18', '\x71c4642da24cf42746a59d8454aafffa2b7dfabdabeeec291b246151c8555eb8', '\xbcd15b80d53522f770a12c6cb89f930973a450d88055231e4839ce4452bcc043'),
	(11, 87, 'pistos6@tachydromeio.gr', NULL, NULL, 'Ελένη', 'Παπαδοπούλου', 'el', true, NULL, NULL, NULL, '834e067839ce806bae8ec598f0f9c254', '99914b932bd37a50b983c5e7c90ae93b', '\x4c0bfa56c2c659e65b170245241043318124270c0f386c65f9257bfa10b6eb75', '\xfdd336fa82a58cf3af8e57860df125e67bc17134e4b2d80d31f063bedac3decb'),
	(11, 89, 'pistos7@tachydromeio.gr', NULL, NULL, 'Νίκος', 'Γεωργίου', 'el', true, NULL, NULL, NULL, 'da4ac698cea27115d94836918e307117', '99914b932bd37a50b983c5e7c90ae93b', '\x7c255ced977f7a8a3d9538a4abeadee91970a515e11649144d272e7d312e2534', '\x23d36322d08bdffa7cb08406a792f62bfa490af4ce7d411ca968ca6ac7a5bc08'),
	(11, 91, 'pistos8@tachydromeio.gr', NULL, NULL, 'Σοφία', 'Οικονόμου', 'el', true, NULL, NULL, NULL, 'cd02f8989c22720e82b8c6ce8f9b4ba6', '99914b932bd37a50b983c5e7c90ae93b', '\xdbdc369cc1d70b4cd710f3d87b72cb3284285cb05b310e0fa0ce7ce485967aa2', '\x399e3edb19e53e1f316b19d4e04a4a924b0595d1db36bd3236626e733af21854'),
	(11, 106, 'neos6@tachydromeio.gr', NULL, NULL, 'Μαρία', 'Παπαδοπούλου', 'el', true, NULL, NULL, NULL, '415f8dea01e9aa867519357762ae517f', '99914b932bd37a50b983c5e7c90ae93b', '\x7769aad7e0b21f2c30b66cbd8d537c80d94ec48e03ca480c1524c0ff8fcf2394', '\xb65f30d7ae0cfc15fe57c673a401109a19fafa85db0e1ae0d49600bf7595071f'),
	(11, 108, 'neos7@tachydromeio.gr', NULL, NULL, 'Μαρία', 'Παπαδοπούλου', 'el', true, NULL, NULL, NULL, '415f8dea01e9aa867519357762ae517f', '99914b932bd37a50b983c5e7c90ae93b', '\x52e652fffb404a6ca280911fb8f8f89361cb663e732e8e5bd98c96656d2467d2', '\x7657ac091cc6fc61e33348bdbff79ac75b40529a774583354f9e3cf3d2e56797');
INSERT INTO staging.membership_11 VALUES
	(11, 1, 8),
	(11, 74, 89),
	(11, 2, 50),
	(11, 1, 60),
	(11, 2, 41),
	(11, 1, 53),
	(11, 1, 26),
	(11, 1, 57),
	(11, 1, 41),
	(11, 3, 35),
	(11, 2, 32),
	(11, 1, 23),
	(11, 74, 91),
	(11, 1, 50),
	(11, 1, 20),
	(11, 74, 106),
	(11, 1, 68),
	(11, 3, 20),
	(11, 1, 17),
	(11, 1, 11),
	(11, 1, 29),
	(11, 1, 66),
	(11, 74, 108),
	(11, 1, 62),
	(11, 1, 32),
	(11, 3, 5),
	(11, 1, 5),
	(11, 3, 50),
	(11, 1, 47),
	(11, 1, 14),
	(11, 2, 5),
	(11, 1, 38),
	(11, 1, 59),
	(11, 1, 64),
	(11, 1, 35),
	(11, 74, 87),
	(11, 2, 14),
	(11, 1, 55),
	(11, 2, 23);
INSERT INTO staging.plan_11 VALUES
	(11, 3, 'suppress', '135aafcc9c90668fd773d56c04fcf1e0', 20, 'suppressed_unsubscribed', NULL),
	(11, 3, 'unchanged', '9bc6ae6905e559ae95cb41dc766a061e', 5, NULL, NULL),
	(11, 3, 'suppress', 'de122e338083c298ff9f5b8010d27aeb', 35, 'suppressed_cleaned', NULL),
	(11, 74, 'unchanged', 'e4ebb8584294b66f58152cae55873ce7', 91, NULL, NULL),
	(11, 74, 'unchanged', 'f7bd42bb590e90b3b6483a7d91756523', 87, NULL, NULL),
	(11, 74, 'unchanged', '64c02ca7c2695586ca5e18ed4b42fc9d', 106, NULL, NULL),
	(11, 74, 'unchanged', 'cf2c1a749965b6a4863d4fcbb9f61f4b', 108, NULL, NULL),
	(11, 74, 'archive', '4c33640a038ef36d9eb450a518e684e7', 94, 'left_collection', NULL),
	(11, 74, 'archive', '6fea299c17c6a006614ec0a6780c9964', 96, 'left_collection', NULL),
	(11, 74, 'archive', 'b60606577b9eeca8e6a39d124c8bff92', 100, 'left_collection', NULL),
	(11, 74, 'archive', 'd4794ecb5a34a0c64af070f159b14939', 104, 'left_collection', NULL),
	(11, 74, 'archive', 'dc05e7d06071f2e56a26cbd0256ecb11', 98, 'left_collection', NULL),
	(11, 74, 'archive', 'fdd4a69526c1ce61a77c18f09f966af1', 102, 'left_collection', NULL),
	(11, 1, 'suppress', '0e0c6e2266a483b405483a4f5087b24f', 47, 'suppressed_forgotten', NULL),
	(11, 1, 'suppress', 'b232f219b27554d5073694e4abe110bc', 38, 'suppressed_archived', NULL),
	(11, 1, 'unchanged', '13172db43792fdf0906fd84b1355da0a', 11, NULL, NULL),
	(11, 1, 'suppress', 'd67e0c0f840d005edb9afee64e207f2e', 32, 'suppressed_complaint', NULL),
	(11, 1, 'suppress', 'de122e338083c298ff9f5b8010d27aeb', 35, 'suppressed_cleaned', NULL),
	(11, 1, 'suppress', 'e49ca9be668421e1264eafaa5576d17b', 29, 'suppressed_unsubscribed', NULL),
	(11, 1, 'unchanged', '135aafcc9c90668fd773d56c04fcf1e0', 20, NULL, NULL),
	(11, 1, 'unchanged', '7d14a9161252bfb655dc0cee278c34c9', 8, NULL, NULL),
	(11, 1, 'unchanged', '824119664a38b9d9392ba460bde8aff5', 17, NULL, NULL),
	(11, 1, 'unchanged', '9bc6ae6905e559ae95cb41dc766a061e', 5, NULL, NULL),
	(11, 1, 'unchanged', 'ade56e1c38dfa9e546a6c7c2175a0c67', 14, NULL, NULL),
	(11, 1, 'unchanged', 'c0dbaf01415c7214ea2d463e4667ecfc', 23, NULL, NULL),
	(11, 1, 'suppress', 'c84729d7525669f24a49fbd799015cc3', 41, 'suppressed_pending', NULL),
	(11, 1, 'unchanged', 'd12d71628974a1fa456add168bc63875', 26, NULL, NULL),
	(11, 1, 'suppress', '55502f40dc8b7c769880b10874abc9d0', 68, 'rejected_by_mailchimp', NULL),
	(11, 2, 'unchanged', '9bc6ae6905e559ae95cb41dc766a061e', 5, NULL, NULL),
	(11, 2, 'unchanged', 'ade56e1c38dfa9e546a6c7c2175a0c67', 14, NULL, NULL),
	(11, 2, 'unchanged', 'c0dbaf01415c7214ea2d463e4667ecfc', 23, NULL, NULL),
	(11, 2, 'unchanged', 'c84729d7525669f24a49fbd799015cc3', 41, NULL, NULL),
	(11, 2, 'suppress', 'd67e0c0f840d005edb9afee64e207f2e', 32, 'suppressed_complaint', NULL);
INSERT INTO staging.refusal_11 VALUES
	(11, 66, 'ochi@tachydromeio.gr', 'newsletter'),
	(11, 89, 'pistos7@tachydromeio.gr', 'newsletter'),
	(11, 50, 'filos15@tachydromeio.gr', NULL);
INSERT INTO staging.verdict_11 VALUES
	(11, 1, 60, 'inactive_contact', NULL, 'anenergos@tachydromeio.gr', '8ef4cf74cf11f24a357498f1b00857b9', 61, '42372c75892828a782da259b4fa5b68a'),
	(11, 1, 64, 'consent_not_yet_effective', NULL, 'argotera@tachydromeio.gr', 'd9ffac318b02269e930ea36d73716bbf', NULL, '401aba285039cf7bfd01fe7c38a739e9'),
	(11, 1, 5, NULL, NULL, 'filos0@tachydromeio.gr', '9bc6ae6905e559ae95cb41dc766a061e', 6, 'f335456c3b2a5720e4ae11a74bfea0c2'),
	(11, 1, 57, 'duplicate_email', 'contact 8 stands for this address', 'filos1@tachydromeio.gr', '7d14a9161252bfb655dc0cee278c34c9', 58, 'dad8a2ebd4803a041502405c806650bd'),
	(11, 1, 8, NULL, NULL, 'filos1@tachydromeio.gr', '7d14a9161252bfb655dc0cee278c34c9', 9, 'cb549f62af6a7e490e647581ffedf6d5'),
	(11, 1, 35, NULL, NULL, 'filos10@tachydromeio.gr', 'de122e338083c298ff9f5b8010d27aeb', 36, '088573a964afbe1d8b9f06f7daf8e492'),
	(11, 1, 38, NULL, NULL, 'filos11@tachydromeio.gr', 'b232f219b27554d5073694e4abe110bc', 39, '27fe6cdfa13888971a4786ec95fdf113'),
	(11, 1, 41, NULL, NULL, 'filos12@tachydromeio.gr', 'c84729d7525669f24a49fbd799015cc3', 73, '2c4f1d75a8af1b1386a789dc923f6b6c'),
	(11, 1, 47, NULL, NULL, 'filos14@tachydromeio.gr', '0e0c6e2266a483b405483a4f5087b24f', 48, '90ee5b2d5c8b938b5326bc41a6b55468'),
	(11, 1, 50, 'erased_contact', NULL, 'filos15@tachydromeio.gr', 'f13ae41bdac99f6a387f47dbe6cad152', 51, '3078feb1bc7f13a8101ec5aff7eb6dab'),
	(11, 1, 14, NULL, NULL, 'filos3@tachydromeio.gr', 'ade56e1c38dfa9e546a6c7c2175a0c67', 15, '948ff020a84941c5fd0908bc454f23f5'),
	(11, 1, 17, NULL, NULL, 'filos4@tachydromeio.gr', '824119664a38b9d9392ba460bde8aff5', 18, '2b77306b8f4bbda7f47095253f54571a'),
	(11, 1, 20, NULL, NULL, 'filos5@tachydromeio.gr', '135aafcc9c90668fd773d56c04fcf1e0', 21, '5fd6345d900852bfa1ce47559958571e'),
	(11, 1, 23, NULL, NULL, 'filos6@tachydromeio.gr', 'c0dbaf01415c7214ea2d463e4667ecfc', 24, 'd44fc3e2d43c89184dec1008162f3a9f'),
	(11, 1, 26, NULL, NULL, 'filos7@tachydromeio.gr', 'd12d71628974a1fa456add168bc63875', 27, '98df6c7c4ced76a091f61f70e1cb691f'),
	(11, 1, 29, NULL, NULL, 'filos8@tachydromeio.gr', 'e49ca9be668421e1264eafaa5576d17b', 30, 'bb5d7d7a73e64a5e5050e0f3d96fb49e'),
	(11, 1, 32, NULL, NULL, 'filos9@tachydromeio.gr', 'd67e0c0f840d005edb9afee64e207f2e', 33, 'ac79e6f8b98242aa5c32b8b6ee5364f2'),
	(11, 1, 62, 'consent_expired', NULL, 'lixi@tachydromeio.gr', 'b424aa79a9fad8c2d9688b10e9ce2b08', 63, 'bb791e65552b362b08a0d698a9229a2f'),
	(11, 1, 11, NULL, NULL, 'nea.filos2@tachydromeio.gr', '13172db43792fdf0906fd84b1355da0a', 12, 'a3e066df66ae369738fed72253b4c335'),
	(11, 1, 66, 'consent_withdrawn', NULL, 'ochi@tachydromeio.gr', 'e3b0fa4fa2ff268b0808327f28fe3727', 67, '78dff46bf74c6306c32b02df4cdc79d0'),
	(11, 1, 68, NULL, NULL, 'test@example.com', '55502f40dc8b7c769880b10874abc9d0', 69, '13a87386df41b5004549dae3de695ca3'),
	(11, 1, 59, 'no_consent', NULL, 'xoris@tachydromeio.gr', 'cbdb1d9651027c6bef65497cde4fc434', NULL, '0a25f0dbe05ae44ec1196e191def9f50'),
	(11, 1, 55, 'invalid_email', NULL, NULL, NULL, 56, '11b8ee68553275d9579dfaed8ec0b64a'),
	(11, 1, 53, 'missing_email', NULL, NULL, NULL, 54, 'c3c291ff777f7e7a970d519a7ae7717e'),
	(11, 2, 5, NULL, NULL, 'filos0@tachydromeio.gr', '9bc6ae6905e559ae95cb41dc766a061e', 7, 'eb21fdf8939a55ad6d5c3715d3b82f60'),
	(11, 2, 41, NULL, NULL, 'filos12@tachydromeio.gr', 'c84729d7525669f24a49fbd799015cc3', 43, '14ee320a2cd44ffd0730945f0058a57a'),
	(11, 2, 50, 'erased_contact', NULL, 'filos15@tachydromeio.gr', 'f13ae41bdac99f6a387f47dbe6cad152', 52, '5f4d9f20a72ad7fc3806fe9fb58aaaa1'),
	(11, 2, 14, NULL, NULL, 'filos3@tachydromeio.gr', 'ade56e1c38dfa9e546a6c7c2175a0c67', 16, 'e1936fa37be0e73ab43f4c1d71b17e96'),
	(11, 2, 23, NULL, NULL, 'filos6@tachydromeio.gr', 'c0dbaf01415c7214ea2d463e4667ecfc', 25, '40e535a975977517a71587c892dfb893'),
	(11, 2, 32, NULL, NULL, 'filos9@tachydromeio.gr', 'd67e0c0f840d005edb9afee64e207f2e', 34, 'afcc030919904140e52a26280889bffa'),
	(11, 3, 5, NULL, NULL, 'filos0@tachydromeio.gr', '9bc6ae6905e559ae95cb41dc766a061e', NULL, 'eb21fdf8939a55ad6d5c3715d3b82f60'),
	(11, 3, 35, NULL, NULL, 'filos10@tachydromeio.gr', 'de122e338083c298ff9f5b8010d27aeb', NULL, '6e970a52d4ed311e69f149b1326510c8'),
	(11, 3, 50, 'erased_contact', NULL, 'filos15@tachydromeio.gr', 'f13ae41bdac99f6a387f47dbe6cad152', NULL, '5f4d9f20a72ad7fc3806fe9fb58aaaa1'),
	(11, 3, 20, NULL, NULL, 'filos5@tachydromeio.gr', '135aafcc9c90668fd773d56c04fcf1e0', NULL, '6201813d2e00d631919a9f66ac148e0c'),
	(11, 74, 106, NULL, NULL, 'neos6@tachydromeio.gr', '64c02ca7c2695586ca5e18ed4b42fc9d', 107, '76ad98b68c60aa2edad905b50479f75f'),
	(11, 74, 108, NULL, NULL, 'neos7@tachydromeio.gr', 'cf2c1a749965b6a4863d4fcbb9f61f4b', 109, 'f4b2159f30fcec7178c099160d490239'),
	(11, 74, 87, NULL, NULL, 'pistos6@tachydromeio.gr', 'f7bd42bb590e90b3b6483a7d91756523', 88, '14b4fa03d93ac7178bd740d9b30f0a04'),
	(11, 74, 89, 'consent_withdrawn', NULL, 'pistos7@tachydromeio.gr', '541731e4234d0126977040f39595d90c', 93, 'b325b22ab107ea16d240c5fc6157605a'),
	(11, 74, 91, NULL, NULL, 'pistos8@tachydromeio.gr', 'e4ebb8584294b66f58152cae55873ce7', 92, '837d45d1eef0e39e4c5a8566c6b8fd99');
INSERT INTO stats.accepted_difference VALUES
	('804fe022fa', 'emails_sent', '2026-11-26 01:26:57.848642+00', 'Άννα', 'Το ξέρουμε', 15, 17, 2, 2);
INSERT INTO stats.audience_activity VALUES
	('48b9e5d63e', '2026-11-29', 0, 0, 0, 0, 0, 0, 0, 1, 0, NULL, '2026-11-26 01:26:55.140526+00'),
	('d9ea9ad5e3', '2026-11-26', 0, 0, 0, 0, 0, 1, 0, 16, 0, NULL, '2026-11-26 01:26:55.149528+00'),
	('d9ea9ad5e3', '2026-11-27', 17, 10, 7, 0, 0, 0, 2, 0, 4, NULL, '2026-11-26 01:26:55.149528+00'),
	('d9ea9ad5e3', '2026-11-28', 0, 1, 0, 0, 0, 0, 0, 0, 0, NULL, '2026-11-26 01:26:55.149528+00'),
	('d9ea9ad5e3', '2026-11-29', 0, 0, 0, 0, 0, 0, 0, 1, 2, NULL, '2026-11-26 01:26:55.149528+00'),
	('e91f071fa9', '2026-11-26', 0, 0, 0, 0, 0, 0, 0, 6, 0, NULL, '2026-11-26 01:26:55.15794+00'),
	('e91f071fa9', '2026-11-27', 0, 0, 0, 0, 0, 0, 0, 0, 1, NULL, '2026-11-26 01:26:55.15794+00'),
	('e91f071fa9', '2026-11-29', 0, 0, 0, 0, 0, 0, 0, 0, 1, NULL, '2026-11-26 01:26:55.15794+00'),
	('f6b92d2444', '2026-11-26', 0, 0, 0, 0, 0, 0, 0, 4, 0, NULL, '2026-11-26 01:26:55.166041+00'),
	('f6b92d2444', '2026-11-29', 0, 0, 0, 0, 0, 0, 1, 0, 2, NULL, '2026-11-26 01:26:55.166041+00'),
	('fe56138604', '2026-11-29', 0, 0, 0, 0, 0, 0, 0, 17, 7, NULL, '2026-11-26 01:26:55.174194+00');
INSERT INTO stats.audience_growth VALUES
	('48b9e5d63e', '2026-11-01', 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, NULL, '2026-11-26 01:26:55.135989+00'),
	('48b9e5d63e', '2026-12-01', 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, NULL, '2026-11-26 01:26:55.135989+00'),
	('d9ea9ad5e3', '2026-11-01', 9, 2, 0, 1, 1, 3, 0, 0, 0, 9, NULL, '2026-11-26 01:26:55.14553+00'),
	('d9ea9ad5e3', '2026-12-01', 9, 2, 0, 1, 1, 3, 0, 9, 0, 0, NULL, '2026-11-26 01:26:55.14553+00'),
	('e91f071fa9', '2026-11-01', 4, 1, 0, 0, 0, 0, 0, 0, 0, 4, NULL, '2026-11-26 01:26:55.154043+00'),
	('e91f071fa9', '2026-12-01', 4, 1, 0, 0, 0, 0, 0, 4, 0, 0, NULL, '2026-11-26 01:26:55.154043+00'),
	('f6b92d2444', '2026-11-01', 1, 2, 0, 0, 0, 0, 0, 0, 0, 1, NULL, '2026-11-26 01:26:55.162179+00'),
	('f6b92d2444', '2026-12-01', 1, 2, 0, 0, 0, 0, 0, 1, 0, 0, NULL, '2026-11-26 01:26:55.162179+00'),
	('fe56138604', '2026-11-01', 10, 1, 0, 0, 0, 6, 0, 0, 0, 10, NULL, '2026-11-26 01:26:55.170202+00'),
	('fe56138604', '2026-12-01', 10, 1, 0, 0, 0, 6, 0, 10, 0, 0, NULL, '2026-11-26 01:26:55.170202+00');
INSERT INTO stats.campaign_abuse_reports VALUES
	('804fe022fa', 67, 'd9ea9ad5e3', 'd67e0c0f840d005edb9afee64e207f2e', '2026-11-27 17:28:10+00', NULL, '2026-11-26 01:26:51.989227+00');
INSERT INTO stats.campaign_activities_2026_11 VALUES
	('804fe022fa', 'd9ea9ad5e3', '135aafcc9c90668fd773d56c04fcf1e0', 'click', '2026-11-27 17:28:02+00', 'https://galaxy.gr/νέα?a=%20x', '94.64.10.20', NULL, NULL, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', '5fa86bb4f9a842635565f41d2e6ab8ab', 'click', '2026-11-27 17:27:26+00', 'https://galaxy.gr/νέα?a=%20x', '94.64.10.20', NULL, NULL, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', '7d14a9161252bfb655dc0cee278c34c9', 'click', '2026-11-27 17:27:10+00', 'https://galaxy.gr/νέα?a=%20x', '94.64.10.20', NULL, NULL, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', '824119664a38b9d9392ba460bde8aff5', 'click', '2026-11-27 17:27:46+00', 'https://galaxy.gr/νέα?a=%20x', '94.64.10.20', NULL, NULL, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', '9bc6ae6905e559ae95cb41dc766a061e', 'click', '2026-11-27 17:26:58+00', 'https://galaxy.gr/νέα?a=%20x', '94.64.10.20', NULL, NULL, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', 'ade56e1c38dfa9e546a6c7c2175a0c67', 'click', '2026-11-27 17:27:34+00', 'https://galaxy.gr/νέα?a=%20x', '94.64.10.20', NULL, NULL, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', 'de122e338083c298ff9f5b8010d27aeb', 'click', '2026-11-27 08:12:55+00', 'https://galaxy.gr/νέα?a=%20x', '94.71.44.34', NULL, NULL, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', '135aafcc9c90668fd773d56c04fcf1e0', 'open', '2026-11-27 17:27:50+00', NULL, '94.64.10.20', NULL, false, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', '135aafcc9c90668fd773d56c04fcf1e0', 'open', '2026-11-27 17:27:54+00', NULL, '94.64.10.20', NULL, false, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', '135aafcc9c90668fd773d56c04fcf1e0', 'open', '2026-11-27 17:27:58+00', NULL, '94.64.10.20', NULL, false, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', '5bb4fadd5cdaa41d68329b963b1ea5d2', 'open', '2026-11-27 11:48:32+00', NULL, '17.58.127.141', NULL, true, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', '5fa86bb4f9a842635565f41d2e6ab8ab', 'open', '2026-11-27 17:27:14+00', NULL, '94.64.10.20', NULL, false, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', '5fa86bb4f9a842635565f41d2e6ab8ab', 'open', '2026-11-27 17:27:18+00', NULL, '94.64.10.20', NULL, false, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', '5fa86bb4f9a842635565f41d2e6ab8ab', 'open', '2026-11-27 17:27:22+00', NULL, '94.64.10.20', NULL, false, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', '7d14a9161252bfb655dc0cee278c34c9', 'open', '2026-11-27 17:27:02+00', NULL, '94.64.10.20', NULL, false, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', '7d14a9161252bfb655dc0cee278c34c9', 'open', '2026-11-27 17:27:06+00', NULL, '94.64.10.20', NULL, false, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', '824119664a38b9d9392ba460bde8aff5', 'open', '2026-11-27 13:16:04+00', NULL, '17.58.152.88', NULL, true, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', '824119664a38b9d9392ba460bde8aff5', 'open', '2026-11-27 17:27:38+00', NULL, '94.64.10.20', NULL, false, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', '824119664a38b9d9392ba460bde8aff5', 'open', '2026-11-27 17:27:42+00', NULL, '94.64.10.20', NULL, false, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', '9bc6ae6905e559ae95cb41dc766a061e', 'open', '2026-11-27 17:26:54+00', NULL, '94.64.10.20', NULL, false, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', 'ade56e1c38dfa9e546a6c7c2175a0c67', 'open', '2026-11-27 17:27:30+00', NULL, '94.64.10.20', NULL, false, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', 'c0dbaf01415c7214ea2d463e4667ecfc', 'open', '2026-11-27 15:55:10+00', NULL, '94.66.111.159', NULL, false, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', 'd67e0c0f840d005edb9afee64e207f2e', 'open', '2026-11-28 01:00:20+00', NULL, '94.67.114.57', NULL, false, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', 'de122e338083c298ff9f5b8010d27aeb', 'open', '2026-11-27 08:12:09+00', NULL, '94.71.44.34', NULL, false, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', 'de122e338083c298ff9f5b8010d27aeb', 'open', '2026-11-27 09:54:10+00', NULL, '17.58.247.2', NULL, true, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', 'de122e338083c298ff9f5b8010d27aeb', 'open', '2026-11-27 13:45:06+00', NULL, '94.71.44.34', NULL, false, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00'),
	('804fe022fa', 'd9ea9ad5e3', 'de122e338083c298ff9f5b8010d27aeb', 'open', '2026-11-28 00:17:18+00', NULL, '94.71.44.34', NULL, false, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:51.945186+00');
INSERT INTO stats.campaign_activities_2026_12 VALUES
	('804fe022fa', 'd9ea9ad5e3', '824119664a38b9d9392ba460bde8aff5', 'open', '2026-12-02 17:28:31+00', NULL, '94.64.10.20', NULL, false, 1, DEFAULT, NULL, NULL, '2026-11-26 01:26:55.279052+00');
INSERT INTO stats.campaign_part VALUES
	('μέρος-α', '21876a7eb3');
INSERT INTO stats.campaign_recipients VALUES
	('804fe022fa', '135aafcc9c90668fd773d56c04fcf1e0', 'd9ea9ad5e3', 'sent', NULL, 0, NULL, NULL, '2026-11-26 01:26:51.403266+00', NULL, '2026-11-26 01:26:51.403266+00', NULL, NULL),
	('804fe022fa', '5bb4fadd5cdaa41d68329b963b1ea5d2', 'd9ea9ad5e3', 'sent', NULL, 0, NULL, NULL, '2026-11-26 01:26:51.403266+00', NULL, '2026-11-26 01:26:51.403266+00', NULL, NULL),
	('804fe022fa', '5be64a5de23c2308ba6196a882637635', 'd9ea9ad5e3', 'sent', NULL, 0, NULL, NULL, '2026-11-26 01:26:51.403266+00', NULL, '2026-11-26 01:26:51.403266+00', NULL, NULL),
	('804fe022fa', '5fa86bb4f9a842635565f41d2e6ab8ab', 'd9ea9ad5e3', 'sent', NULL, 0, NULL, NULL, '2026-11-26 01:26:51.403266+00', NULL, '2026-11-26 01:26:51.403266+00', NULL, NULL),
	('804fe022fa', '7d14a9161252bfb655dc0cee278c34c9', 'd9ea9ad5e3', 'sent', NULL, 0, NULL, NULL, '2026-11-26 01:26:51.403266+00', NULL, '2026-11-26 01:26:51.403266+00', NULL, NULL),
	('804fe022fa', '824119664a38b9d9392ba460bde8aff5', 'd9ea9ad5e3', 'sent', NULL, 0, NULL, NULL, '2026-11-26 01:26:51.403266+00', NULL, '2026-11-26 01:26:51.403266+00', NULL, NULL),
	('804fe022fa', '9bc6ae6905e559ae95cb41dc766a061e', 'd9ea9ad5e3', 'sent', NULL, 0, NULL, NULL, '2026-11-26 01:26:51.403266+00', NULL, '2026-11-26 01:26:51.403266+00', NULL, NULL),
	('804fe022fa', 'ade56e1c38dfa9e546a6c7c2175a0c67', 'd9ea9ad5e3', 'sent', NULL, 0, NULL, NULL, '2026-11-26 01:26:51.403266+00', NULL, '2026-11-26 01:26:51.403266+00', NULL, NULL),
	('804fe022fa', 'b232f219b27554d5073694e4abe110bc', 'd9ea9ad5e3', 'sent', NULL, 0, NULL, NULL, '2026-11-26 01:26:51.403266+00', NULL, '2026-11-26 01:26:51.403266+00', NULL, NULL),
	('804fe022fa', 'c0dbaf01415c7214ea2d463e4667ecfc', 'd9ea9ad5e3', 'sent', NULL, 0, NULL, NULL, '2026-11-26 01:26:51.403266+00', NULL, '2026-11-26 01:26:51.403266+00', NULL, NULL),
	('804fe022fa', 'c84729d7525669f24a49fbd799015cc3', 'd9ea9ad5e3', 'sent', NULL, 0, NULL, NULL, '2026-11-26 01:26:51.403266+00', NULL, '2026-11-26 01:26:51.403266+00', NULL, NULL),
	('804fe022fa', 'd12d71628974a1fa456add168bc63875', 'd9ea9ad5e3', 'sent', NULL, 0, NULL, NULL, '2026-11-26 01:26:51.403266+00', NULL, '2026-11-26 01:26:51.403266+00', NULL, NULL),
	('804fe022fa', 'd67e0c0f840d005edb9afee64e207f2e', 'd9ea9ad5e3', 'sent', NULL, 0, NULL, NULL, '2026-11-26 01:26:51.403266+00', NULL, '2026-11-26 01:26:51.403266+00', NULL, NULL),
	('804fe022fa', 'de122e338083c298ff9f5b8010d27aeb', 'd9ea9ad5e3', 'sent', NULL, 0, NULL, NULL, '2026-11-26 01:26:51.403266+00', NULL, '2026-11-26 01:26:51.403266+00', NULL, NULL),
	('804fe022fa', 'e49ca9be668421e1264eafaa5576d17b', 'd9ea9ad5e3', 'sent', NULL, 0, NULL, NULL, '2026-11-26 01:26:51.403266+00', NULL, '2026-11-26 01:26:51.403266+00', NULL, NULL);
INSERT INTO stats.campaign_unsubscribes VALUES
	('804fe022fa', 'd9ea9ad5e3', 'e49ca9be668421e1264eafaa5576d17b', 'Δεν θέλω άλλα μηνύματα', '2026-11-27 17:28:06+00', NULL, '2026-11-26 01:26:51.981833+00', NULL);
INSERT INTO stats.campaigns VALUES
	('21876a7eb3', 500065, NULL, 'd9ea9ad5e3', 'Ενημερωτικό δελτίο (NEWS)', 'regular', 'save', 'Γιορτές', 'Με το χέρι', NULL, 'Άννα', 'news@galaxy.gr', 'html', NULL, 9, 0, '2026-11-26 01:26:52+00', NULL, 'https://us1.campaign-archive.com/?u=elaiones&id=21876a7eb3', NULL, NULL, NULL, '2026-11-26 01:26:51.335225+00', '2026-11-26 01:26:51.335225+00', NULL, NULL, DEFAULT, DEFAULT, DEFAULT),
	('7df51f767e', 500063, NULL, 'd9ea9ad5e3', 'Ενημερωτικό δελτίο (NEWS)', 'regular', 'save', 'Ενημερωτικό Δεκεμβρίου (NL-12)', 'Τα νέα του Δεκεμβρίου', 'Διαβάστε τα', 'Γαλαξίας', 'news@galaxy.gr', 'template', NULL, 9, 0, '2026-11-26 01:26:52+00', NULL, 'https://us1.campaign-archive.com/?u=elaiones&id=7df51f767e', NULL, NULL, NULL, '2026-11-26 01:26:51.335225+00', '2026-11-26 01:26:51.335225+00', NULL, NULL, DEFAULT, DEFAULT, DEFAULT),
	('804fe022fa', 500061, NULL, 'd9ea9ad5e3', 'Ενημερωτικό δελτίο (NEWS)', 'regular', 'sent', 'Ενημερωτικό Νοεμβρίου (NL-11)', 'Τα νέα του Νοεμβρίου', 'Διαβάστε τα', 'Γαλαξίας', 'news@galaxy.gr', 'html', NULL, 17, 17, '2026-11-26 01:26:51+00', '2026-11-27 07:45:00+00', 'https://us1.campaign-archive.com/?u=elaiones&id=804fe022fa', NULL, NULL, NULL, '2026-11-26 01:26:51.335225+00', '2026-11-26 01:26:51.335225+00', NULL, NULL, DEFAULT, DEFAULT, DEFAULT);
INSERT INTO stats.domain_performance VALUES
	('804fe022fa', 'tachydromeio.gr', 15, 0, 10, 7, 1, 15, 0.882353, 0, 0.666667, 0.466667, 0.066667, NULL, '2026-11-26 01:26:52.007319+00');
INSERT INTO stats.expired_engagement VALUES
	('804fe022fa', '135aafcc9c90668fd773d56c04fcf1e0', 'd9ea9ad5e3', 2, 1, 0, 1, '{86d4a3c9-fad6-bde5-baed-3e72ff1de66a}', 0, 0, '2026-10-01 00:00:00+00', '2026-10-02 00:00:00+00', NULL, NULL, NULL, NULL);
INSERT INTO stats.expired_events VALUES
	('21876a7eb3', '2026-11-01 00:00:00+00');
INSERT INTO stats.link_clicks VALUES
	('804fe022fa', '509365ce32', 'https://galaxy.gr/προσφορές', 0, 0, 0, 0, NULL, NULL, NULL, '2026-11-26 01:26:52.000282+00'),
	('804fe022fa', '92657a0225', 'https://galaxy.gr/νέα?a=%20x', 7, 7, 1, 1, '2026-11-27 17:28:02+00', NULL, NULL, '2026-11-26 01:26:52.000282+00');
INSERT INTO stats.link_member_clicks VALUES
	('804fe022fa', '92657a0225', 'd9ea9ad5e3', '135aafcc9c90668fd773d56c04fcf1e0', 1, NULL, '2026-11-26 01:26:52.000282+00'),
	('804fe022fa', '92657a0225', 'd9ea9ad5e3', '5fa86bb4f9a842635565f41d2e6ab8ab', 1, NULL, '2026-11-26 01:26:52.000282+00'),
	('804fe022fa', '92657a0225', 'd9ea9ad5e3', '7d14a9161252bfb655dc0cee278c34c9', 1, NULL, '2026-11-26 01:26:52.000282+00'),
	('804fe022fa', '92657a0225', 'd9ea9ad5e3', '824119664a38b9d9392ba460bde8aff5', 1, NULL, '2026-11-26 01:26:52.000282+00'),
	('804fe022fa', '92657a0225', 'd9ea9ad5e3', '9bc6ae6905e559ae95cb41dc766a061e', 1, NULL, '2026-11-26 01:26:52.000282+00'),
	('804fe022fa', '92657a0225', 'd9ea9ad5e3', 'ade56e1c38dfa9e546a6c7c2175a0c67', 1, NULL, '2026-11-26 01:26:52.000282+00'),
	('804fe022fa', '92657a0225', 'd9ea9ad5e3', 'de122e338083c298ff9f5b8010d27aeb', 1, NULL, '2026-11-26 01:26:52.000282+00');
INSERT INTO stats.list_state VALUES
	('48b9e5d63e', '2026-11-26 01:26:55.141262+00'),
	('d9ea9ad5e3', '2026-11-26 01:26:55.150161+00'),
	('e91f071fa9', '2026-11-26 01:26:55.1584+00'),
	('f6b92d2444', '2026-11-26 01:26:55.166469+00'),
	('fe56138604', '2026-11-26 01:26:55.174595+00');
INSERT INTO stats.lists VALUES
	('48b9e5d63e', 100107, 'Πελάτες (ΠΕΛ)', '2026-11-29 17:28:24+00', 0, 'pub', false, 1, 0, 0, NULL, 0, NULL, 0, 0, 1, 0, '2026-11-29 17:28:24+00', NULL, NULL, '2026-11-26 01:26:55.130624+00', '2026-11-26 01:26:55.130624+00', NULL),
	('d9ea9ad5e3', 100012, 'Ενημερωτικό δελτίο (NEWS)', '2026-11-26 01:26:47+00', 0, 'pub', false, 9, 2, 1, NULL, 1, '2026-11-27 07:45:00+00', 64.7059, 41.1765, 9, 2, '2026-11-29 17:28:18+00', '2026-11-27 17:28:18+00', NULL, '2026-11-26 01:26:48.908859+00', '2026-11-26 01:26:55.130624+00', NULL),
	('e91f071fa9', 100046, 'Προσφορές Αθήνας (OFFERS)', '2026-11-26 01:26:47+00', 0, 'pub', false, 4, 1, 0, NULL, 0, NULL, 0, 0, 4, 1, '2026-11-26 01:26:47+00', '2026-11-27 17:28:18+00', NULL, '2026-11-26 01:26:48.908859+00', '2026-11-26 01:26:55.130624+00', NULL),
	('f6b92d2444', 100002, 'Εξυπηρέτηση (FREE)', '2026-11-26 01:26:47+00', 0, 'pub', false, 1, 2, 0, NULL, 0, NULL, 0, 0, 1, 2, '2026-11-26 01:26:47+00', '2026-11-29 17:28:22+00', NULL, '2026-11-26 01:26:48.908859+00', '2026-11-26 01:26:55.130624+00', NULL),
	('fe56138604', 100071, 'Πιστοί πελάτες (LOYAL)', '2026-11-29 17:28:19+00', 0, 'pub', false, 10, 1, 0, NULL, 0, NULL, 0, 0, 10, 1, '2026-11-29 17:28:20+00', '2026-11-29 17:28:19+00', NULL, '2026-11-26 01:26:55.130624+00', '2026-11-26 01:26:55.130624+00', NULL);
INSERT INTO stats.member_activities VALUES
	('d9ea9ad5e3', 'd67e0c0f840d005edb9afee64e207f2e', 'generic_signup', '2026-11-26 01:26:47+00', 1, NULL, NULL, NULL, NULL, NULL, 'API - Generic', NULL, NULL, NULL, NULL, '2026-11-26 01:26:55.186234+00'),
	('d9ea9ad5e3', 'd67e0c0f840d005edb9afee64e207f2e', 'open', '2026-11-28 01:00:20+00', 1, '804fe022fa', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-26 01:26:55.186234+00'),
	('d9ea9ad5e3', 'd67e0c0f840d005edb9afee64e207f2e', 'sent', '2026-11-27 07:45:00+00', 1, '804fe022fa', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-26 01:26:55.186234+00'),
	('d9ea9ad5e3', 'de122e338083c298ff9f5b8010d27aeb', 'click', '2026-11-27 08:12:55+00', 1, '804fe022fa', 'https://galaxy.gr/νέα?a=%20x', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-26 01:26:55.186234+00'),
	('d9ea9ad5e3', 'de122e338083c298ff9f5b8010d27aeb', 'generic_signup', '2026-11-26 01:26:47+00', 1, NULL, NULL, NULL, NULL, NULL, 'API - Generic', NULL, NULL, NULL, NULL, '2026-11-26 01:26:55.186234+00'),
	('d9ea9ad5e3', 'de122e338083c298ff9f5b8010d27aeb', 'open', '2026-11-27 08:12:09+00', 1, '804fe022fa', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-26 01:26:55.186234+00'),
	('d9ea9ad5e3', 'de122e338083c298ff9f5b8010d27aeb', 'open', '2026-11-27 09:54:10+00', 1, '804fe022fa', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-26 01:26:55.186234+00'),
	('d9ea9ad5e3', 'de122e338083c298ff9f5b8010d27aeb', 'open', '2026-11-27 13:45:06+00', 1, '804fe022fa', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-26 01:26:55.186234+00'),
	('d9ea9ad5e3', 'de122e338083c298ff9f5b8010d27aeb', 'open', '2026-11-28 00:17:18+00', 1, '804fe022fa', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-26 01:26:55.186234+00'),
	('d9ea9ad5e3', 'de122e338083c298ff9f5b8010d27aeb', 'sent', '2026-11-27 07:45:00+00', 1, '804fe022fa', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-26 01:26:55.186234+00'),
	('d9ea9ad5e3', 'e49ca9be668421e1264eafaa5576d17b', 'generic_signup', '2026-11-26 01:26:47+00', 1, NULL, NULL, NULL, NULL, NULL, 'API - Generic', NULL, NULL, NULL, NULL, '2026-11-26 01:26:55.186234+00'),
	('d9ea9ad5e3', 'e49ca9be668421e1264eafaa5576d17b', 'sent', '2026-11-27 07:45:00+00', 1, '804fe022fa', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-26 01:26:55.186234+00'),
	('d9ea9ad5e3', 'e49ca9be668421e1264eafaa5576d17b', 'unsub', '2026-11-27 17:28:06+00', 1, '804fe022fa', NULL, NULL, 'Δεν θέλω άλλα μηνύματα', false, NULL, NULL, NULL, NULL, NULL, '2026-11-26 01:26:55.186234+00'),
	('e91f071fa9', 'd67e0c0f840d005edb9afee64e207f2e', 'generic_signup', '2026-11-26 01:26:47+00', 1, NULL, NULL, NULL, NULL, NULL, 'API - Generic', NULL, NULL, NULL, NULL, '2026-11-26 01:26:55.186234+00'),
	('f6b92d2444', '135aafcc9c90668fd773d56c04fcf1e0', 'generic_signup', '2026-11-26 01:26:47+00', 1, NULL, NULL, NULL, NULL, NULL, 'API - Generic', NULL, NULL, NULL, NULL, '2026-11-26 01:26:55.186234+00'),
	('f6b92d2444', 'de122e338083c298ff9f5b8010d27aeb', 'generic_signup', '2026-11-26 01:26:47+00', 1, NULL, NULL, NULL, NULL, NULL, 'API - Generic', NULL, NULL, NULL, NULL, '2026-11-26 01:26:55.186234+00'),
	('fe56138604', '541731e4234d0126977040f39595d90c', 'generic_signup', '2026-11-29 17:28:19+00', 1, NULL, NULL, NULL, NULL, NULL, 'API - Generic', NULL, NULL, NULL, NULL, '2026-11-26 01:26:55.186234+00');
INSERT INTO stats.member_activity_state VALUES
	('f6b92d2444', '135aafcc9c90668fd773d56c04fcf1e0', '2026-11-29 17:28:22+00', '2026-11-26 01:26:55.186234+00'),
	('d9ea9ad5e3', 'de122e338083c298ff9f5b8010d27aeb', '2026-11-27 17:28:12+00', '2026-11-26 01:26:55.186234+00'),
	('d9ea9ad5e3', 'd67e0c0f840d005edb9afee64e207f2e', '2026-11-27 17:28:10+00', '2026-11-26 01:26:55.186234+00'),
	('d9ea9ad5e3', 'e49ca9be668421e1264eafaa5576d17b', '2026-11-27 17:28:06+00', '2026-11-26 01:26:55.186234+00'),
	('fe56138604', '541731e4234d0126977040f39595d90c', '2026-11-29 17:28:19+00', '2026-11-26 01:26:55.186234+00'),
	('f6b92d2444', 'de122e338083c298ff9f5b8010d27aeb', '2026-11-29 17:28:18+00', '2026-11-26 01:26:55.186234+00'),
	('e91f071fa9', 'd67e0c0f840d005edb9afee64e207f2e', '2026-11-27 17:28:18+00', '2026-11-26 01:26:55.186234+00');
INSERT INTO stats.members VALUES
	('d9ea9ad5e3', '0e0c6e2266a483b405483a4f5087b24f', false, '2026-11-26 01:26:48.908859+00'),
	('d9ea9ad5e3', '13172db43792fdf0906fd84b1355da0a', false, '2026-11-26 01:26:48.908859+00'),
	('d9ea9ad5e3', '135aafcc9c90668fd773d56c04fcf1e0', false, '2026-11-26 01:26:48.908859+00'),
	('d9ea9ad5e3', '5bb4fadd5cdaa41d68329b963b1ea5d2', false, '2026-11-26 01:26:48.908859+00'),
	('d9ea9ad5e3', '5be64a5de23c2308ba6196a882637635', false, '2026-11-26 01:26:48.908859+00'),
	('d9ea9ad5e3', '5fa86bb4f9a842635565f41d2e6ab8ab', false, '2026-11-26 01:26:48.908859+00'),
	('d9ea9ad5e3', '7d14a9161252bfb655dc0cee278c34c9', false, '2026-11-26 01:26:48.908859+00'),
	('d9ea9ad5e3', '824119664a38b9d9392ba460bde8aff5', false, '2026-11-26 01:26:48.908859+00'),
	('d9ea9ad5e3', '9bc6ae6905e559ae95cb41dc766a061e', false, '2026-11-26 01:26:48.908859+00'),
	('d9ea9ad5e3', 'ade56e1c38dfa9e546a6c7c2175a0c67', false, '2026-11-26 01:26:48.908859+00'),
	('d9ea9ad5e3', 'b232f219b27554d5073694e4abe110bc', false, '2026-11-26 01:26:48.908859+00'),
	('d9ea9ad5e3', 'c0dbaf01415c7214ea2d463e4667ecfc', false, '2026-11-26 01:26:48.908859+00'),
	('d9ea9ad5e3', 'c84729d7525669f24a49fbd799015cc3', false, '2026-11-26 01:26:48.908859+00'),
	('d9ea9ad5e3', 'd12d71628974a1fa456add168bc63875', false, '2026-11-26 01:26:48.908859+00'),
	('d9ea9ad5e3', 'd67e0c0f840d005edb9afee64e207f2e', false, '2026-11-26 01:26:48.908859+00'),
	('d9ea9ad5e3', 'de122e338083c298ff9f5b8010d27aeb', false, '2026-11-26 01:26:48.908859+00'),
	('d9ea9ad5e3', 'e49ca9be668421e1264eafaa5576d17b', false, '2026-11-26 01:26:48.908859+00'),
	('e91f071fa9', '9bc6ae6905e559ae95cb41dc766a061e', false, '2026-11-26 01:26:48.908859+00'),
	('e91f071fa9', 'ade56e1c38dfa9e546a6c7c2175a0c67', false, '2026-11-26 01:26:48.908859+00'),
	('e91f071fa9', 'c0dbaf01415c7214ea2d463e4667ecfc', false, '2026-11-26 01:26:48.908859+00'),
	('e91f071fa9', 'c84729d7525669f24a49fbd799015cc3', false, '2026-11-26 01:26:48.908859+00'),
	('e91f071fa9', 'd67e0c0f840d005edb9afee64e207f2e', false, '2026-11-26 01:26:48.908859+00'),
	('f6b92d2444', '135aafcc9c90668fd773d56c04fcf1e0', false, '2026-11-26 01:26:48.908859+00'),
	('f6b92d2444', '9bc6ae6905e559ae95cb41dc766a061e', false, '2026-11-26 01:26:48.908859+00'),
	('f6b92d2444', 'de122e338083c298ff9f5b8010d27aeb', false, '2026-11-26 01:26:48.908859+00'),
	('fe56138604', '541731e4234d0126977040f39595d90c', false, '2026-11-26 01:26:55.186234+00'),
	('48b9e5d63e', '9bc6ae6905e559ae95cb41dc766a061e', false, '2026-11-26 01:26:55.189506+00'),
	('fe56138604', '19a197d2230eac21efc236cffe0daf3c', false, '2026-11-26 01:26:55.189506+00'),
	('fe56138604', '2e130a6dc583818465fc87582c449063', false, '2026-11-26 01:26:55.189506+00'),
	('fe56138604', '49ef63f27a89e243724340b9de771733', false, '2026-11-26 01:26:55.189506+00'),
	('fe56138604', '4c33640a038ef36d9eb450a518e684e7', false, '2026-11-26 01:26:55.189506+00'),
	('fe56138604', '64c02ca7c2695586ca5e18ed4b42fc9d', false, '2026-11-26 01:26:55.189506+00'),
	('fe56138604', '6fea299c17c6a006614ec0a6780c9964', false, '2026-11-26 01:26:55.189506+00'),
	('fe56138604', '915bc450ba2b029bd245783c12a93698', false, '2026-11-26 01:26:55.189506+00'),
	('fe56138604', '92132034413e242c73159d67770e5861', false, '2026-11-26 01:26:55.189506+00'),
	('fe56138604', '9be60641f36cd343019e1dad23dbcf92', false, '2026-11-26 01:26:55.189506+00'),
	('fe56138604', 'b60606577b9eeca8e6a39d124c8bff92', false, '2026-11-26 01:26:55.189506+00'),
	('fe56138604', 'cf2c1a749965b6a4863d4fcbb9f61f4b', false, '2026-11-26 01:26:55.189506+00'),
	('fe56138604', 'd4794ecb5a34a0c64af070f159b14939', false, '2026-11-26 01:26:55.189506+00'),
	('fe56138604', 'dc05e7d06071f2e56a26cbd0256ecb11', false, '2026-11-26 01:26:55.189506+00'),
	('fe56138604', 'e4ebb8584294b66f58152cae55873ce7', false, '2026-11-26 01:26:55.189506+00'),
	('fe56138604', 'f7bd42bb590e90b3b6483a7d91756523', false, '2026-11-26 01:26:55.189506+00'),
	('fe56138604', 'fdd4a69526c1ce61a77c18f09f966af1', false, '2026-11-26 01:26:55.189506+00');
INSERT INTO stats.metric VALUES
	('emails_sent', 'recipients', 'Recipients.'),
	('hard_bounced_recipients', 'recipients', 'Recipients whose delivery status is a hard bounce.'),
	('soft_bounced_recipients', 'recipients', 'Recipients whose delivery status is a soft bounce.'),
	('opens_total', 'activity', 'Opens.'),
	('unique_opens', 'activity', 'Members who opened.'),
	('clicks_total', 'activity', 'Clicks.'),
	('unique_clicks', 'activity', 'Distinct pairs of member and link.'),
	('unique_subscriber_clicks', 'activity', 'Members who clicked.'),
	('hard_bounces', 'activity', 'Hard bounces.'),
	('soft_bounces', 'activity', 'Soft bounces.'),
	('proxy_excluded_opens', 'proxy_opens', 'Opens not by a mail privacy proxy.'),
	('proxy_excluded_unique_opens', 'proxy_opens', 'Members with an open not by a mail privacy proxy.'),
	('unsubscribed', 'unsubscribes', 'Members who unsubscribed through the campaign.'),
	('abuse_reports', 'abuse_reports', 'Complaints.'),
	('link_clicks', 'links', 'Clicks, summed over links.'),
	('link_member_clicks', 'links', 'Clicks, summed over links and members.'),
	('series_emails_sent', 'series_mails', 'Recipients, summed over the mails of an RSS campaign.');
INSERT INTO stats.open_locations VALUES
	('804fe022fa', 'GR', 'G', 'Western Greece', 4, '{"proxy_excluded_opens": 4}', '2026-11-26 01:26:55.30485+00'),
	('804fe022fa', 'GR', 'I', 'Attica', 13, '{"proxy_excluded_opens": 13}', '2026-11-26 01:26:55.30485+00'),
	('804fe022fa', 'GR', 'M', 'Crete', 1, '{"proxy_excluded_opens": 1}', '2026-11-26 01:26:55.30485+00'),
	('804fe022fa', 'US', 'CA', 'California', 4, '{"proxy_excluded_opens": 0}', '2026-11-26 01:26:55.30485+00');
INSERT INTO stats.recipient_engagement VALUES
	('804fe022fa', '135aafcc9c90668fd773d56c04fcf1e0', 'd9ea9ad5e3', 3, 0, 0, NULL, 1, 1, 0, 0, '2026-11-27 17:27:50+00', '2026-11-27 17:27:58+00', '2026-11-27 17:27:50+00', '2026-11-27 17:27:58+00', '2026-11-27 17:28:02+00', '2026-11-27 17:28:02+00', '2026-11-26 01:26:51.971562+00'),
	('804fe022fa', '5bb4fadd5cdaa41d68329b963b1ea5d2', 'd9ea9ad5e3', 1, 1, 0, NULL, 0, 0, 0, 0, '2026-11-27 11:48:32+00', '2026-11-27 11:48:32+00', NULL, NULL, NULL, NULL, '2026-11-26 01:26:51.971577+00'),
	('804fe022fa', '5fa86bb4f9a842635565f41d2e6ab8ab', 'd9ea9ad5e3', 3, 0, 0, NULL, 1, 1, 0, 0, '2026-11-27 17:27:14+00', '2026-11-27 17:27:22+00', '2026-11-27 17:27:14+00', '2026-11-27 17:27:22+00', '2026-11-27 17:27:26+00', '2026-11-27 17:27:26+00', '2026-11-26 01:26:51.971585+00'),
	('804fe022fa', '7d14a9161252bfb655dc0cee278c34c9', 'd9ea9ad5e3', 2, 0, 0, NULL, 1, 1, 0, 0, '2026-11-27 17:27:02+00', '2026-11-27 17:27:06+00', '2026-11-27 17:27:02+00', '2026-11-27 17:27:06+00', '2026-11-27 17:27:10+00', '2026-11-27 17:27:10+00', '2026-11-26 01:26:51.971592+00'),
	('804fe022fa', '9bc6ae6905e559ae95cb41dc766a061e', 'd9ea9ad5e3', 1, 0, 0, NULL, 1, 1, 0, 0, '2026-11-27 17:26:54+00', '2026-11-27 17:26:54+00', '2026-11-27 17:26:54+00', '2026-11-27 17:26:54+00', '2026-11-27 17:26:58+00', '2026-11-27 17:26:58+00', '2026-11-26 01:26:51.97161+00'),
	('804fe022fa', 'ade56e1c38dfa9e546a6c7c2175a0c67', 'd9ea9ad5e3', 1, 0, 0, NULL, 1, 1, 0, 0, '2026-11-27 17:27:30+00', '2026-11-27 17:27:30+00', '2026-11-27 17:27:30+00', '2026-11-27 17:27:30+00', '2026-11-27 17:27:34+00', '2026-11-27 17:27:34+00', '2026-11-26 01:26:51.971616+00'),
	('804fe022fa', 'c0dbaf01415c7214ea2d463e4667ecfc', 'd9ea9ad5e3', 1, 0, 0, NULL, 0, 0, 0, 0, '2026-11-27 15:55:10+00', '2026-11-27 15:55:10+00', '2026-11-27 15:55:10+00', '2026-11-27 15:55:10+00', NULL, NULL, '2026-11-26 01:26:51.971621+00'),
	('804fe022fa', 'd67e0c0f840d005edb9afee64e207f2e', 'd9ea9ad5e3', 1, 0, 0, NULL, 0, 0, 0, 0, '2026-11-28 01:00:20+00', '2026-11-28 01:00:20+00', '2026-11-28 01:00:20+00', '2026-11-28 01:00:20+00', NULL, NULL, '2026-11-26 01:26:51.971626+00'),
	('804fe022fa', 'de122e338083c298ff9f5b8010d27aeb', 'd9ea9ad5e3', 4, 1, 0, NULL, 1, 1, 0, 0, '2026-11-27 08:12:09+00', '2026-11-28 00:17:18+00', '2026-11-27 08:12:09+00', '2026-11-28 00:17:18+00', '2026-11-27 08:12:55+00', '2026-11-27 08:12:55+00', '2026-11-26 01:26:51.971633+00'),
	('804fe022fa', '824119664a38b9d9392ba460bde8aff5', 'd9ea9ad5e3', 4, 1, 0, NULL, 1, 1, 0, 0, '2026-11-27 13:16:04+00', '2026-12-02 17:28:31+00', '2026-11-27 17:27:38+00', '2026-12-02 17:28:31+00', '2026-11-27 17:27:46+00', '2026-11-27 17:27:46+00', '2026-11-26 01:26:55.300375+00');
INSERT INTO stats.reconciliation VALUES
	('804fe022fa', 'emails_sent', 15, 17, DEFAULT, 0, 0, 0, 0, 0, 2, '2026-11-26 01:26:52.013357+00', 'unexplained', '2026-11-26 01:26:57.750719+00'),
	('804fe022fa', 'hard_bounced_recipients', 0, 0, DEFAULT, 0, 0, 0, 0, 0, 0, NULL, NULL, '2026-11-26 01:26:57.750838+00'),
	('804fe022fa', 'soft_bounced_recipients', 0, 0, DEFAULT, 0, 0, 0, 0, 0, 0, NULL, NULL, '2026-11-26 01:26:57.75085+00'),
	('804fe022fa', 'opens_total', 21, 22, DEFAULT, 0, 0, 0, 0, 0, 1, '2026-11-26 01:26:52.013357+00', 'unexplained', '2026-11-26 01:26:57.750901+00'),
	('804fe022fa', 'unique_opens', 10, 11, DEFAULT, 0, 0, 0, 0, 0, 1, '2026-11-26 01:26:52.013357+00', 'unexplained', '2026-11-26 01:26:57.750909+00'),
	('804fe022fa', 'clicks_total', 7, 7, DEFAULT, 0, 0, 0, 0, 0, 0, NULL, NULL, '2026-11-26 01:26:57.750918+00'),
	('804fe022fa', 'hard_bounces', 0, 0, DEFAULT, 0, 0, 0, 0, 0, 0, NULL, NULL, '2026-11-26 01:26:57.750939+00'),
	('804fe022fa', 'unique_clicks', 7, 7, DEFAULT, 0, 0, 0, 0, 0, 0, NULL, NULL, '2026-11-26 01:26:57.750927+00'),
	('804fe022fa', 'unique_subscriber_clicks', 7, 7, DEFAULT, 0, 0, 0, 0, 0, 0, NULL, NULL, '2026-11-26 01:26:57.750932+00'),
	('804fe022fa', 'soft_bounces', 0, 0, DEFAULT, 0, 0, 0, 0, 0, 0, NULL, NULL, '2026-11-26 01:26:57.750944+00'),
	('804fe022fa', 'proxy_excluded_opens', 18, 18, DEFAULT, 0, 0, 0, 0, 0, 0, NULL, NULL, '2026-11-26 01:26:57.750953+00'),
	('804fe022fa', 'proxy_excluded_unique_opens', 9, 9, DEFAULT, 0, 0, 0, 0, 0, 0, NULL, NULL, '2026-11-26 01:26:57.75096+00'),
	('804fe022fa', 'unsubscribed', 1, 1, DEFAULT, 0, 0, 0, 0, 0, 0, NULL, NULL, '2026-11-26 01:26:57.750965+00'),
	('804fe022fa', 'abuse_reports', 1, 1, DEFAULT, 0, 0, 0, 0, 0, 0, NULL, NULL, '2026-11-26 01:26:57.750971+00'),
	('804fe022fa', 'link_clicks', 7, 7, DEFAULT, 0, 0, 0, 0, 0, 0, NULL, NULL, '2026-11-26 01:26:57.750975+00'),
	('804fe022fa', 'link_member_clicks', 7, 7, DEFAULT, 0, 0, 0, 0, 0, 0, NULL, NULL, '2026-11-26 01:26:57.750983+00');
INSERT INTO stats.report_listing VALUES
	('2026-11-26 01:26:51.347272+00', '2026-11-26 01:26:51.360836+00'),
	('2026-11-26 01:26:55.24899+00', '2026-11-26 01:26:55.256019+00');
INSERT INTO stats.report_snapshots VALUES
	('804fe022fa', '2026-11-26 01:26:51.360084+00', 'd9ea9ad5e3', 17, 21, 11, 17, 9, 0.647059, '2026-11-28 01:00:20+00', 7, 7, 7, 0.411765, '2026-11-27 17:28:02+00', 1, 0, 0, 0, 1, 0, 0, NULL, NULL, '[{"timestamp": "2026-11-27T07:00:00+00:00", "emails_sent": 17, "unique_opens": 1, "recipients_clicks": 1, "proxy_excluded_unique_opens": 1}, {"timestamp": "2026-11-27T08:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T09:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T10:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T11:00:00+00:00", "emails_sent": 0, "unique_opens": 1, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T12:00:00+00:00", "emails_sent": 0, "unique_opens": 1, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T13:00:00+00:00", "emails_sent": 0, "unique_opens": 1, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T14:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T15:00:00+00:00", "emails_sent": 0, "unique_opens": 1, "recipients_clicks": 0, "proxy_excluded_unique_opens": 1}, {"timestamp": "2026-11-27T16:00:00+00:00", "emails_sent": 0, "unique_opens": 5, "recipients_clicks": 6, "proxy_excluded_unique_opens": 5}, {"timestamp": "2026-11-27T17:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T18:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T19:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T20:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T21:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T22:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T23:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-28T00:00:00+00:00", "emails_sent": 0, "unique_opens": 1, "recipients_clicks": 0, "proxy_excluded_unique_opens": 1}, {"timestamp": "2026-11-28T01:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-28T02:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-28T03:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-28T04:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-28T05:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-28T06:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}]', '{"sub_rate": 9.0, "open_rate": 64.7059, "click_rate": 41.1765, "unsub_rate": 2.0}', '{"type": "Agriculture and Food Services", "open_rate": 0.214, "abuse_rate": 0.0001, "click_rate": 0.021, "unsub_rate": 0.002, "bounce_rate": 0.004, "unopen_rate": 0.782}', '{"status": "delivered", "enabled": false, "can_cancel": false, "emails_sent": 17, "emails_canceled": 0}', '{"total_spent": 0, "total_orders": 0, "currency_code": "EUR", "total_revenue": 0}', '{"opens": {"proxy_excluded_open_rate": 0.529412}}'),
	('804fe022fa', '2026-11-26 01:26:55.255431+00', 'd9ea9ad5e3', 17, 22, 11, 18, 9, 0.647059, '2026-12-02 17:28:31+00', 7, 7, 7, 0.411765, '2026-11-27 17:28:02+00', 1, 0, 0, 0, 1, 0, 0, NULL, NULL, '[{"timestamp": "2026-11-27T07:00:00+00:00", "emails_sent": 17, "unique_opens": 1, "recipients_clicks": 1, "proxy_excluded_unique_opens": 1}, {"timestamp": "2026-11-27T08:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T09:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T10:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T11:00:00+00:00", "emails_sent": 0, "unique_opens": 1, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T12:00:00+00:00", "emails_sent": 0, "unique_opens": 1, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T13:00:00+00:00", "emails_sent": 0, "unique_opens": 1, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T14:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T15:00:00+00:00", "emails_sent": 0, "unique_opens": 1, "recipients_clicks": 0, "proxy_excluded_unique_opens": 1}, {"timestamp": "2026-11-27T16:00:00+00:00", "emails_sent": 0, "unique_opens": 5, "recipients_clicks": 6, "proxy_excluded_unique_opens": 5}, {"timestamp": "2026-11-27T17:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T18:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T19:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T20:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T21:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T22:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-27T23:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-28T00:00:00+00:00", "emails_sent": 0, "unique_opens": 1, "recipients_clicks": 0, "proxy_excluded_unique_opens": 1}, {"timestamp": "2026-11-28T01:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-28T02:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-28T03:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-28T04:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-28T05:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}, {"timestamp": "2026-11-28T06:00:00+00:00", "emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0, "proxy_excluded_unique_opens": 0}]', '{"sub_rate": 9.0, "open_rate": 64.7059, "click_rate": 41.1765, "unsub_rate": 2.0}', '{"type": "Agriculture and Food Services", "open_rate": 0.214, "abuse_rate": 0.0001, "click_rate": 0.021, "unsub_rate": 0.002, "bounce_rate": 0.004, "unopen_rate": 0.782}', '{"status": "delivered", "enabled": false, "can_cancel": false, "emails_sent": 17, "emails_canceled": 0}', '{"total_spent": 0, "total_orders": 0, "currency_code": "EUR", "total_revenue": 0}', '{"opens": {"proxy_excluded_open_rate": 0.529412}}');
INSERT INTO stats.stream_state VALUES
	('804fe022fa', 'domains', '[17, 11, 7, 0, 0, 1]', NULL, 1, '2026-11-26 01:26:52.007319+00', '2026-11-26 01:26:52.013357+00', NULL, NULL, 0, NULL),
	('804fe022fa', 'unsubscribes', '[1]', NULL, 1, '2026-11-26 01:26:51.981833+00', '2026-11-26 01:26:52.013357+00', NULL, NULL, 0, NULL),
	('804fe022fa', 'links', '[7, 7, "2026-11-27T17:28:02+00:00"]', NULL, 9, '2026-11-26 01:26:52.000282+00', '2026-11-26 01:26:52.013357+00', NULL, NULL, 0, NULL),
	('804fe022fa', 'abuse_reports', '[1]', NULL, 1, '2026-11-26 01:26:51.989227+00', '2026-11-26 01:26:52.013357+00', NULL, NULL, 0, NULL),
	('804fe022fa', 'recipients', '[17, 0, 0]', NULL, 15, '2026-11-26 01:26:51.403266+00', '2026-11-26 01:26:52.013357+00', '{"emails_sent": 2}', '2026-11-26 01:26:52.013357+00', 1, NULL),
	('804fe022fa', 'proxy_opens', '[22, 11, "2026-12-02T17:28:31+00:00", 18, 9]', NULL, 10, '2026-11-26 01:26:55.294838+00', '2026-11-26 01:26:55.305708+00', NULL, NULL, 0, NULL),
	('804fe022fa', 'locations', '[22, 11]', NULL, 4, '2026-11-26 01:26:55.30485+00', '2026-11-26 01:26:55.305708+00', NULL, NULL, 0, '2026-11-27 01:26:55.30485+00'),
	('804fe022fa', 'activity', '[22, 11, "2026-12-02T17:28:31+00:00", 7, 7, "2026-11-27T17:28:02+00:00", 0, 0]', '2026-12-02 17:28:31+00', 28, '2026-11-26 01:26:55.289442+00', '2026-11-26 01:26:55.305708+00', '{"opens_total": 1, "unique_opens": 1}', '2026-11-26 01:26:52.013357+00', 2, '2026-11-26 06:26:55.305708+00');
INSERT INTO stats.sub_report_snapshots VALUES
	('μέρος-α', '21876a7eb3', '2026-11-26 01:26:57.846827+00', 'd9ea9ad5e3', 0, 0, 0, NULL, NULL, NULL, NULL, 0, 0, 0, NULL, NULL, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'abtest', 'Ομάδα Α', NULL, NULL);
INSERT INTO sync.alert VALUES
	('BARE', 'blocked', 'no_campaign_type', '2026-11-26 01:26:51.200794+00'),
	('LOYAL', 'blocked', 'removal_guard', '2026-11-26 01:26:51.200794+00'),
	('DAG extract_reports', 'failed', 'Βλάβη', '2026-11-26 01:26:57.846827+00');
INSERT INTO sync.audience VALUES
	(2, 'OFFERS', 'mailchimp', 'e91f071fa9', false, 'offer', '393dc4279a104e21078f050cadf811f0a96272228e8ca8b1d9a6feaca5d1bd65', 'Προσφορές Αθήνας (OFFERS)', '2026-11-29 17:28:18+00', '2026-11-26 01:26:48.775748+00', '2026-11-26 01:26:47.913743+00'),
	(1, 'NEWS', 'mailchimp', 'd9ea9ad5e3', false, 'newsletter', '442586a494e816c3cc2efe3b84a2d66d395e92c32adef4b986578def0db4ec27', 'Ενημερωτικό δελτίο (NEWS)', '2026-11-29 17:28:18+00', '2026-11-26 01:26:48.642287+00', '2026-11-26 01:26:47.837335+00'),
	(3, 'FREE', 'mailchimp', '48b9e5d63e', true, 'unclassified', NULL, 'Πελάτες (ΠΕΛ)', '2026-11-29 17:28:24+00', '2026-11-26 01:26:50.470048+00', '2026-11-26 01:26:50.41472+00'),
	(74, 'LOYAL', 'mailchimp', 'fe56138604', false, 'newsletter', 'b9880b2f287f58439522d59d0d97cb95ac1ed214f2d3b95d7861d332b29963e5', 'Πιστοί πελάτες (LOYAL)', '2026-11-29 17:28:20+00', '2026-11-26 01:26:49.11495+00', '2026-11-26 01:26:49.111152+00');
INSERT INTO sync.campaign VALUES
	(71, 'NL-12', 'NEWS', 'd9ea9ad5e3', 'Ενημερωτικό Δεκεμβρίου (NL-12)', '7df51f767e', '2026-11-26 01:26:48.083768+00', '2026-11-26 01:26:48.088811+00', '{"title": "Ενημερωτικό Δεκεμβρίου (NL-12)", "reply_to": "news@galaxy.gr", "from_name": "Γαλαξίας", "preview_text": "Διαβάστε τα", "subject_line": "Τα νέα του Δεκεμβρίου"}', NULL, NULL, NULL, NULL, 'draft', NULL, 'save', 'created', 'its body is made in Mailchimp', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-26 01:26:48.089446+00'),
	(70, 'NL-11', 'NEWS', 'd9ea9ad5e3', 'Ενημερωτικό Νοεμβρίου (NL-11)', '804fe022fa', '2026-11-26 01:26:47.972668+00', '2026-11-26 01:26:47.975246+00', '{"title": "Ενημερωτικό Νοεμβρίου (NL-11)", "reply_to": "news@galaxy.gr", "from_name": "Γαλαξίας", "preview_text": "Διαβάστε τα", "subject_line": "Τα νέα του Νοεμβρίου"}', '2026-11-27 07:45:00+00', NULL, NULL, NULL, 'overdue', '2026-11-27 07:37:00+00', 'sent', 'followed', NULL, NULL, 17, 11, 7, '2026-11-27 07:45:00+00', NULL, NULL, '2026-11-26 01:26:57.798373+00');
INSERT INTO sync.campaign_gate OVERRIDING SYSTEM VALUE VALUES
	(1, 70, 'NL-11', '804fe022fa', 'd9ea9ad5e3', 'schedule', 'newsletter', true, '[]', 17, 17, 16, NULL, '2026-11-26 01:26:48.031884+00');
INSERT INTO sync.campaign_release OVERRIDING SYSTEM VALUE VALUES
	(1, 1, 70, '{ageing:Παλιά}', '2026-11-26 01:26:57.846827+00', 'approved', '1', '2026-11-26 01:26:57.846827+00', '2026-11-27 01:26:57.846827+00');
INSERT INTO sync.collection_run VALUES
	('run-1', 'BARE', 1, NULL, '2026-11-26 01:26:47.734404+00', '2026-11-26 01:26:47.744562+00', 'blocked', 0, 0, 0, 0, 0, 0, 0, 0, 1, 'no_campaign_type: the collection has no campaign type: set crm.contact_collection.campaign_type'),
	('run-5', 'BARE', 5, NULL, '2026-11-26 01:26:49.319114+00', '2026-11-26 01:26:49.327777+00', 'blocked', 0, 0, 0, 0, 0, 0, 0, 0, 1, 'no_campaign_type: the collection has no campaign type: set crm.contact_collection.campaign_type'),
	('run-1', 'FREE', 1, 'f6b92d2444', '2026-11-26 01:26:47.75739+00', '2026-11-26 01:26:47.800767+00', 'succeeded', 4, 4, 0, 4, 0, 0, 0, 0, 6, NULL),
	('run-1', 'NEWS', 1, 'd9ea9ad5e3', '2026-11-26 01:26:47.818256+00', '2026-11-26 01:26:47.879136+00', 'succeeded', 25, 17, 9, 16, 0, 0, 16, 1, 8, NULL),
	('run-5', 'FREE', 5, 'f6b92d2444', '2026-11-26 01:26:49.341557+00', '2026-11-26 01:26:49.377767+00', 'succeeded', 4, 3, 2, 0, 0, 0, 2, 0, 2, NULL),
	('run-1', 'OFFERS', 1, 'e91f071fa9', '2026-11-26 01:26:47.899691+00', '2026-11-26 01:26:47.938077+00', 'succeeded', 6, 6, 0, 6, 0, 0, 0, 0, 6, NULL),
	('run-2', 'BARE', 2, NULL, '2026-11-26 01:26:48.269895+00', '2026-11-26 01:26:48.279958+00', 'blocked', 0, 0, 0, 0, 0, 0, 0, 0, 1, 'no_campaign_type: the collection has no campaign type: set crm.contact_collection.campaign_type'),
	('run-2', 'FREE', 2, 'f6b92d2444', '2026-11-26 01:26:48.293938+00', '2026-11-26 01:26:48.322595+00', 'succeeded', 4, 4, 0, 0, 0, 0, 4, 0, 2, NULL),
	('run-11', 'NEWS', 11, 'd9ea9ad5e3', '2026-11-26 01:26:50.946155+00', '2026-11-26 01:26:51.035235+00', 'succeeded', 24, 15, 16, 0, 0, 0, 8, 0, 3, NULL),
	('run-2', 'NEWS', 2, 'd9ea9ad5e3', '2026-11-26 01:26:48.339902+00', '2026-11-26 01:26:48.396062+00', 'succeeded', 24, 15, 14, 0, 0, 2, 10, 0, 7, NULL),
	('run-5', 'LOYAL', 5, 'fe56138604', '2026-11-26 01:26:49.39869+00', '2026-11-26 01:26:49.436625+00', 'blocked', 3, 2, 1, 0, 0, 1, 2, 0, 3, 'removal_guard: 6 of 9 members would be removed: nothing was pushed but withdrawals and erasures; look at the plan and approve with DAG approve_removals (plan 1)'),
	('run-2', 'OFFERS', 2, 'e91f071fa9', '2026-11-26 01:26:48.41588+00', '2026-11-26 01:26:48.460579+00', 'succeeded', 6, 6, 1, 0, 0, 1, 5, 0, 3, NULL),
	('run-3', 'BARE', 3, NULL, '2026-11-26 01:26:48.536332+00', '2026-11-26 01:26:48.543408+00', 'blocked', 0, 0, 0, 0, 0, 0, 0, 0, 1, 'no_campaign_type: the collection has no campaign type: set crm.contact_collection.campaign_type'),
	('run-5', 'NEWS', 5, 'd9ea9ad5e3', '2026-11-26 01:26:49.458661+00', '2026-11-26 01:26:49.515987+00', 'succeeded', 24, 15, 16, 0, 0, 0, 8, 0, 3, NULL),
	('run-5', 'OFFERS', 5, 'e91f071fa9', '2026-11-26 01:26:49.546934+00', '2026-11-26 01:26:49.57756+00', 'succeeded', 6, 5, 2, 0, 0, 0, 4, 0, 2, NULL),
	('run-3', 'FREE', 3, 'f6b92d2444', '2026-11-26 01:26:48.557054+00', '2026-11-26 01:26:48.620484+00', 'succeeded', 4, 3, 2, 0, 2, 2, 0, 0, 7, NULL),
	('run-11', 'OFFERS', 11, 'e91f071fa9', '2026-11-26 01:26:51.070271+00', '2026-11-26 01:26:51.13206+00', 'succeeded', 6, 5, 2, 0, 0, 0, 4, 0, 2, NULL),
	('run-6', 'LOYAL', 6, 'fe56138604', '2026-11-26 01:26:49.66312+00', '2026-11-26 01:26:49.751853+00', 'succeeded', 3, 2, 1, 0, 0, 6, 2, 0, 9, NULL),
	('run-7', 'LOYAL', 7, 'fe56138604', '2026-11-26 01:26:49.906629+00', '2026-11-26 01:26:50.011274+00', 'succeeded', 11, 10, 1, 8, 0, 0, 2, 0, 4, NULL),
	('run-3', 'NEWS', 3, 'd9ea9ad5e3', '2026-11-26 01:26:48.634032+00', '2026-11-26 01:26:48.747468+00', 'succeeded', 24, 15, 16, 1, 8, 2, 0, 0, 18, NULL),
	('run-8', 'LOYAL', 8, 'fe56138604', '2026-11-26 01:26:50.125377+00', '2026-11-26 01:26:50.161198+00', 'blocked', 5, 4, 1, 0, 0, 0, 4, 0, 2, 'removal_guard: 6 of 10 members would be removed: nothing was pushed but withdrawals and erasures; look at the plan and approve with DAG approve_removals (plan 2)'),
	('run-9', 'FREE', 9, 'f6b92d2444', '2026-11-26 01:26:50.282966+00', '2026-11-26 01:26:50.328413+00', 'succeeded', 4, 3, 3, 0, 0, 0, 1, 0, 3, NULL),
	('run-3', 'OFFERS', 3, 'e91f071fa9', '2026-11-26 01:26:48.767093+00', '2026-11-26 01:26:48.83332+00', 'succeeded', 6, 5, 2, 0, 4, 1, 0, 0, 8, NULL),
	('run-4', 'BARE', 4, NULL, '2026-11-26 01:26:49.029038+00', '2026-11-26 01:26:49.038696+00', 'blocked', 0, 0, 0, 0, 0, 0, 0, 0, 1, 'no_campaign_type: the collection has no campaign type: set crm.contact_collection.campaign_type'),
	('run-4', 'FREE', 4, 'f6b92d2444', '2026-11-26 01:26:49.051932+00', '2026-11-26 01:26:49.08035+00', 'succeeded', 4, 3, 2, 0, 0, 0, 2, 0, 2, NULL),
	('run-4', 'LOYAL', 4, 'fe56138604', '2026-11-26 01:26:49.096624+00', '2026-11-26 01:26:49.137503+00', 'succeeded', 9, 9, 0, 9, 0, 0, 0, 0, 6, NULL),
	('run-4', 'NEWS', 4, 'd9ea9ad5e3', '2026-11-26 01:26:49.156485+00', '2026-11-26 01:26:49.19287+00', 'succeeded', 24, 15, 16, 0, 0, 0, 8, 0, 3, NULL),
	('run-4', 'OFFERS', 4, 'e91f071fa9', '2026-11-26 01:26:49.211136+00', '2026-11-26 01:26:49.238291+00', 'succeeded', 6, 5, 2, 0, 0, 0, 4, 0, 2, NULL),
	('run-10', 'FREE', 10, '48b9e5d63e', '2026-11-26 01:26:50.410296+00', '2026-11-26 01:26:50.529801+00', 'succeeded', 4, 3, 3, 1, 0, 0, 0, 0, 10, NULL),
	('run-11', 'BARE', 11, NULL, '2026-11-26 01:26:50.649264+00', '2026-11-26 01:26:50.662075+00', 'blocked', 0, 0, 0, 0, 0, 0, 0, 0, 1, 'no_campaign_type: the collection has no campaign type: set crm.contact_collection.campaign_type'),
	('run-11', 'FREE', 11, '48b9e5d63e', '2026-11-26 01:26:50.687527+00', '2026-11-26 01:26:50.804132+00', 'succeeded', 4, 3, 3, 0, 0, 0, 1, 0, 4, NULL),
	('run-11', 'LOYAL', 11, 'fe56138604', '2026-11-26 01:26:50.839312+00', '2026-11-26 01:26:50.911074+00', 'blocked', 5, 4, 1, 0, 0, 0, 4, 0, 2, 'removal_guard: 6 of 10 members would be removed: nothing was pushed but withdrawals and erasures; look at the plan and approve with DAG approve_removals (plan 2)');
INSERT INTO sync.consent_proof OVERRIDING SYSTEM VALUE VALUES
	(2, 'f6b92d2444', '9bc6ae6905e559ae95cb41dc766a061e', 'FREE', 5, NULL, 'unclassified', 'FREE', '1', 'run-1', '2026-11-26 01:26:47.795689+00', NULL, NULL),
	(6, 'd9ea9ad5e3', '135aafcc9c90668fd773d56c04fcf1e0', 'NEWS', 20, 21, 'newsletter', 'NEWS', '1', 'run-1', '2026-11-26 01:26:47.864543+00', NULL, NULL),
	(9, 'd9ea9ad5e3', '7d14a9161252bfb655dc0cee278c34c9', 'NEWS', 8, 9, 'newsletter', 'NEWS', '1', 'run-1', '2026-11-26 01:26:47.864543+00', NULL, NULL),
	(10, 'd9ea9ad5e3', '824119664a38b9d9392ba460bde8aff5', 'NEWS', 17, 18, 'newsletter', 'NEWS', '1', 'run-1', '2026-11-26 01:26:47.864543+00', NULL, NULL),
	(11, 'd9ea9ad5e3', '9bc6ae6905e559ae95cb41dc766a061e', 'NEWS', 5, 6, 'newsletter', 'NEWS', '1', 'run-1', '2026-11-26 01:26:47.864543+00', NULL, NULL),
	(12, 'd9ea9ad5e3', 'ade56e1c38dfa9e546a6c7c2175a0c67', 'NEWS', 14, 15, 'newsletter', 'NEWS', '1', 'run-1', '2026-11-26 01:26:47.864543+00', NULL, NULL),
	(14, 'd9ea9ad5e3', 'c0dbaf01415c7214ea2d463e4667ecfc', 'NEWS', 23, 24, 'newsletter', 'NEWS', '1', 'run-1', '2026-11-26 01:26:47.864543+00', NULL, NULL),
	(16, 'd9ea9ad5e3', 'd12d71628974a1fa456add168bc63875', 'NEWS', 26, 27, 'newsletter', 'NEWS', '1', 'run-1', '2026-11-26 01:26:47.864543+00', NULL, NULL),
	(21, 'e91f071fa9', '9bc6ae6905e559ae95cb41dc766a061e', 'OFFERS', 5, 7, 'offer', 'OFFER', '1', 'run-1', '2026-11-26 01:26:47.93302+00', NULL, NULL),
	(22, 'e91f071fa9', 'ade56e1c38dfa9e546a6c7c2175a0c67', 'OFFERS', 14, 16, 'offer', 'OFFER', '1', 'run-1', '2026-11-26 01:26:47.93302+00', NULL, NULL),
	(23, 'e91f071fa9', 'c0dbaf01415c7214ea2d463e4667ecfc', 'OFFERS', 23, 25, 'offer', 'OFFER', '1', 'run-1', '2026-11-26 01:26:47.93302+00', NULL, NULL),
	(24, 'e91f071fa9', 'c84729d7525669f24a49fbd799015cc3', 'OFFERS', 41, 43, 'offer', 'OFFER', '1', 'run-1', '2026-11-26 01:26:47.93302+00', NULL, NULL),
	(17, 'd9ea9ad5e3', 'd67e0c0f840d005edb9afee64e207f2e', 'NEWS', 32, 33, 'newsletter', 'NEWS', '1', 'run-1', '2026-11-26 01:26:47.864543+00', '2026-11-26 01:26:48.348082+00', 'unsubscribed'),
	(18, 'd9ea9ad5e3', 'de122e338083c298ff9f5b8010d27aeb', 'NEWS', 35, 36, 'newsletter', 'NEWS', '1', 'run-1', '2026-11-26 01:26:47.864543+00', '2026-11-26 01:26:48.348082+00', 'cleaned'),
	(19, 'd9ea9ad5e3', 'e49ca9be668421e1264eafaa5576d17b', 'NEWS', 29, 30, 'newsletter', 'NEWS', '1', 'run-1', '2026-11-26 01:26:47.864543+00', '2026-11-26 01:26:48.348082+00', 'unsubscribed'),
	(13, 'd9ea9ad5e3', 'b232f219b27554d5073694e4abe110bc', 'NEWS', 38, 39, 'newsletter', 'NEWS', '1', 'run-1', '2026-11-26 01:26:47.864543+00', '2026-11-26 01:26:48.358574+00', 'archived'),
	(15, 'd9ea9ad5e3', 'c84729d7525669f24a49fbd799015cc3', 'NEWS', 41, 42, 'newsletter', 'NEWS', '1', 'run-1', '2026-11-26 01:26:47.864543+00', '2026-11-26 01:26:48.377306+00', 'unsubscribe'),
	(7, 'd9ea9ad5e3', '5bb4fadd5cdaa41d68329b963b1ea5d2', 'NEWS', 44, 45, 'newsletter', 'NEWS', '1', 'run-1', '2026-11-26 01:26:47.864543+00', '2026-11-26 01:26:48.393442+00', 'archive'),
	(25, 'e91f071fa9', 'd67e0c0f840d005edb9afee64e207f2e', 'OFFERS', 32, 34, 'offer', 'OFFER', '1', 'run-1', '2026-11-26 01:26:47.93302+00', '2026-11-26 01:26:48.45557+00', 'unsubscribe'),
	(3, 'f6b92d2444', 'de122e338083c298ff9f5b8010d27aeb', 'FREE', 35, NULL, 'unclassified', 'FREE', '1', 'run-1', '2026-11-26 01:26:47.795689+00', '2026-11-26 01:26:48.599151+00', 'unsubscribe'),
	(5, 'd9ea9ad5e3', '0e0c6e2266a483b405483a4f5087b24f', 'NEWS', 47, 48, 'newsletter', 'NEWS', '1', 'run-1', '2026-11-26 01:26:47.864543+00', '2026-11-26 01:26:48.656277+00', 'forgotten'),
	(8, 'd9ea9ad5e3', '5fa86bb4f9a842635565f41d2e6ab8ab', 'NEWS', 11, 12, 'newsletter', 'NEWS', '1', 'run-1', '2026-11-26 01:26:47.864543+00', '2026-11-26 01:26:48.691491+00', 'archive'),
	(27, 'd9ea9ad5e3', '13172db43792fdf0906fd84b1355da0a', 'NEWS', 11, 12, 'newsletter', 'NEWS', '1', 'run-3', '2026-11-26 01:26:48.745454+00', NULL, NULL),
	(28, 'd9ea9ad5e3', 'c84729d7525669f24a49fbd799015cc3', 'NEWS', 41, 73, 'newsletter', 'NEWS', '1', 'run-3', '2026-11-26 01:26:48.746521+00', NULL, NULL),
	(36, 'fe56138604', 'e4ebb8584294b66f58152cae55873ce7', 'LOYAL', 91, 92, 'newsletter', 'NEWS', '1', 'run-4', '2026-11-26 01:26:49.131154+00', NULL, NULL),
	(37, 'fe56138604', 'f7bd42bb590e90b3b6483a7d91756523', 'LOYAL', 87, 88, 'newsletter', 'NEWS', '1', 'run-4', '2026-11-26 01:26:49.131154+00', NULL, NULL),
	(32, 'fe56138604', '541731e4234d0126977040f39595d90c', 'LOYAL', 89, 90, 'newsletter', 'NEWS', '1', 'run-4', '2026-11-26 01:26:49.131154+00', '2026-11-26 01:26:49.435649+00', 'unsubscribe'),
	(29, 'fe56138604', '19a197d2230eac21efc236cffe0daf3c', 'LOYAL', 77, 78, 'newsletter', 'NEWS', '1', 'run-4', '2026-11-26 01:26:49.131154+00', '2026-11-26 01:26:49.735416+00', 'archive'),
	(30, 'fe56138604', '2e130a6dc583818465fc87582c449063', 'LOYAL', 85, 86, 'newsletter', 'NEWS', '1', 'run-4', '2026-11-26 01:26:49.131154+00', '2026-11-26 01:26:49.737854+00', 'archive'),
	(31, 'fe56138604', '49ef63f27a89e243724340b9de771733', 'LOYAL', 83, 84, 'newsletter', 'NEWS', '1', 'run-4', '2026-11-26 01:26:49.131154+00', '2026-11-26 01:26:49.740209+00', 'archive'),
	(33, 'fe56138604', '915bc450ba2b029bd245783c12a93698', 'LOYAL', 79, 80, 'newsletter', 'NEWS', '1', 'run-4', '2026-11-26 01:26:49.131154+00', '2026-11-26 01:26:49.74244+00', 'archive'),
	(34, 'fe56138604', '92132034413e242c73159d67770e5861', 'LOYAL', 75, 76, 'newsletter', 'NEWS', '1', 'run-4', '2026-11-26 01:26:49.131154+00', '2026-11-26 01:26:49.744482+00', 'archive'),
	(35, 'fe56138604', '9be60641f36cd343019e1dad23dbcf92', 'LOYAL', 81, 82, 'newsletter', 'NEWS', '1', 'run-4', '2026-11-26 01:26:49.131154+00', '2026-11-26 01:26:49.746369+00', 'archive'),
	(38, 'fe56138604', '4c33640a038ef36d9eb450a518e684e7', 'LOYAL', 94, 95, 'newsletter', 'NEWS', '1', 'run-7', '2026-11-26 01:26:50.006508+00', NULL, NULL),
	(39, 'fe56138604', '64c02ca7c2695586ca5e18ed4b42fc9d', 'LOYAL', 106, 107, 'newsletter', 'NEWS', '1', 'run-7', '2026-11-26 01:26:50.006508+00', NULL, NULL),
	(40, 'fe56138604', '6fea299c17c6a006614ec0a6780c9964', 'LOYAL', 96, 97, 'newsletter', 'NEWS', '1', 'run-7', '2026-11-26 01:26:50.006508+00', NULL, NULL),
	(41, 'fe56138604', 'b60606577b9eeca8e6a39d124c8bff92', 'LOYAL', 100, 101, 'newsletter', 'NEWS', '1', 'run-7', '2026-11-26 01:26:50.006508+00', NULL, NULL),
	(42, 'fe56138604', 'cf2c1a749965b6a4863d4fcbb9f61f4b', 'LOYAL', 108, 109, 'newsletter', 'NEWS', '1', 'run-7', '2026-11-26 01:26:50.006508+00', NULL, NULL),
	(43, 'fe56138604', 'd4794ecb5a34a0c64af070f159b14939', 'LOYAL', 104, 105, 'newsletter', 'NEWS', '1', 'run-7', '2026-11-26 01:26:50.006508+00', NULL, NULL),
	(44, 'fe56138604', 'dc05e7d06071f2e56a26cbd0256ecb11', 'LOYAL', 98, 99, 'newsletter', 'NEWS', '1', 'run-7', '2026-11-26 01:26:50.006508+00', NULL, NULL),
	(45, 'fe56138604', 'fdd4a69526c1ce61a77c18f09f966af1', 'LOYAL', 102, 103, 'newsletter', 'NEWS', '1', 'run-7', '2026-11-26 01:26:50.006508+00', NULL, NULL),
	(1, 'f6b92d2444', '135aafcc9c90668fd773d56c04fcf1e0', 'FREE', 20, NULL, 'unclassified', 'FREE', '1', 'run-1', '2026-11-26 01:26:47.795689+00', '2026-11-26 01:26:50.296616+00', 'unsubscribed'),
	(46, '48b9e5d63e', '9bc6ae6905e559ae95cb41dc766a061e', 'FREE', 5, NULL, 'unclassified', 'FREE', '1', 'run-10', '2026-11-26 01:26:50.527551+00', NULL, NULL);
INSERT INTO sync.erased_status VALUES
	(1, '\x2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881');
INSERT INTO sync.erased_subscriber VALUES
	('\x470f69e5ec6d86fe8614140e79140ab674f5ec8a88c1e45771a4136034d07c69', '2026-11-26 01:26:48.865827+00', '2026-11-26 01:26:48.887443+00');
INSERT INTO sync.erasure_receipt OVERRIDING SYSTEM VALUE VALUES
	(1, '\xe9798eee0988d25fbfcd01eaf14dad98f4cb48115665790bafef182053367ca6', '2026-11-01 00:00:00+00', 'διαγραφή-1', '2026-11-26 01:26:48.865827+00', 3, 3, '{"staging": 37, "sync.member": 3, "sync.rejection": 0, "sync.quarantine": 3, "sync.consent_proof": 3, "sync.written_status": 0, "sync.subscriber_alias": 0, "mart.member_engagement": 0, "stats.member_activities": 0, "stats.expired_engagement": 0, "stats.link_member_clicks": 0, "stats.campaign_activities": 0, "stats.campaign_recipients": 0, "stats.recipient_engagement": 0, "stats.campaign_unsubscribes": 0, "sync.removal_request_member": 0, "stats.campaign_abuse_reports": 0}', '2026-11-26 01:26:48.93538+00');
INSERT INTO sync.former_audience VALUES
	('f6b92d2444', 3, 'FREE', 'unclassified', '2026-11-29 17:28:22+00', '2026-11-26 01:26:50.41472+00', NULL);
INSERT INTO sync.former_campaign VALUES
	('0123abcdef', 7, '2026-11-26 01:26:57.846827+00');
INSERT INTO sync.installation VALUES
	(true, '20538347-7b1d-4ca7-aa72-86d6bcb66fc5', '2026-11-26 01:26:46.725453+00');
INSERT INTO sync.member VALUES
	('d9ea9ad5e3', '0e0c6e2266a483b405483a4f5087b24f', 47, 'subscribed', 'forgotten', NULL, 'created', false, false, NULL, '2026-11-26 01:26:47+00', '2026-11-26 01:26:47+00', '2026-11-26 01:26:47.864543+00', NULL, NULL, NULL),
	('d9ea9ad5e3', '5fa86bb4f9a842635565f41d2e6ab8ab', 11, 'archived', 'our_archive', 'changed_address', 'created', false, false, NULL, '2026-11-29 17:28:18+00', '2026-11-26 01:26:48.691491+00', '2026-11-26 01:26:48.691491+00', NULL, NULL, NULL),
	('f6b92d2444', '135aafcc9c90668fd773d56c04fcf1e0', 20, 'unsubscribed', 'own_unsubscribe', NULL, 'created', true, true, NULL, '2026-11-29 17:28:22+00', '2026-11-29 17:28:22+00', '2026-11-26 01:26:48.608283+00', 'person', NULL, NULL),
	('d9ea9ad5e3', '5bb4fadd5cdaa41d68329b963b1ea5d2', 44, 'archived', 'our_archive', 'left_collection', 'created', false, false, NULL, '2026-11-27 17:28:18+00', '2026-11-26 01:26:48.393442+00', '2026-11-26 01:26:48.393442+00', NULL, NULL, NULL),
	('d9ea9ad5e3', 'b232f219b27554d5073694e4abe110bc', 38, 'archived', 'hand_archive', NULL, 'created', false, false, NULL, '2026-11-27 17:28:16+00', '2026-11-27 17:28:16+00', '2026-11-26 01:26:47.864543+00', NULL, NULL, NULL),
	('d9ea9ad5e3', '5be64a5de23c2308ba6196a882637635', NULL, 'subscribed', NULL, NULL, 'foreign', false, false, NULL, '2026-11-26 01:26:49+00', '2026-11-26 01:26:49+00', NULL, NULL, NULL, NULL),
	('d9ea9ad5e3', 'd67e0c0f840d005edb9afee64e207f2e', 32, 'unsubscribed', 'complaint', NULL, 'created', true, false, NULL, '2026-11-27 17:28:10+00', '2026-11-27 17:28:10+00', '2026-11-26 01:26:47.864543+00', 'person', NULL, NULL),
	('d9ea9ad5e3', 'de122e338083c298ff9f5b8010d27aeb', 35, 'cleaned', 'cleaned', NULL, 'created', false, false, NULL, '2026-11-27 17:28:12+00', '2026-11-27 17:28:12+00', '2026-11-26 01:26:47.864543+00', NULL, NULL, NULL),
	('d9ea9ad5e3', 'e49ca9be668421e1264eafaa5576d17b', 29, 'unsubscribed', 'own_unsubscribe', NULL, 'created', true, true, NULL, '2026-11-27 17:28:06+00', '2026-11-27 17:28:06+00', '2026-11-26 01:26:47.864543+00', 'person', NULL, NULL),
	('fe56138604', '541731e4234d0126977040f39595d90c', 89, 'unsubscribed', 'our_unsubscribe', 'consent_withdrawn', 'created', false, false, NULL, '2026-11-29 17:28:19+00', '2026-11-26 01:26:49.435649+00', '2026-11-26 01:26:49.435649+00', 'administrator', NULL, NULL),
	('e91f071fa9', 'd67e0c0f840d005edb9afee64e207f2e', 32, 'unsubscribed', 'complaint', 'suppressed_complaint', 'created', true, false, NULL, '2026-11-27 17:28:18+00', '2026-11-26 01:26:48.45557+00', '2026-11-26 01:26:48.45557+00', 'administrator', NULL, NULL),
	('e91f071fa9', '9bc6ae6905e559ae95cb41dc766a061e', 5, 'subscribed', NULL, NULL, 'created', false, false, 'eb21fdf8939a55ad6d5c3715d3b82f60', '2026-11-29 17:28:18+00', '2026-11-26 01:26:47+00', '2026-11-26 01:26:48.811979+00', NULL, NULL, NULL),
	('e91f071fa9', 'ade56e1c38dfa9e546a6c7c2175a0c67', 14, 'subscribed', NULL, NULL, 'created', false, false, 'e1936fa37be0e73ab43f4c1d71b17e96', '2026-11-29 17:28:18+00', '2026-11-26 01:26:47+00', '2026-11-26 01:26:48.817871+00', NULL, NULL, NULL),
	('e91f071fa9', 'c0dbaf01415c7214ea2d463e4667ecfc', 23, 'subscribed', NULL, NULL, 'created', false, false, '40e535a975977517a71587c892dfb893', '2026-11-29 17:28:18+00', '2026-11-26 01:26:47+00', '2026-11-26 01:26:48.823567+00', NULL, NULL, NULL),
	('e91f071fa9', 'c84729d7525669f24a49fbd799015cc3', 41, 'subscribed', NULL, NULL, 'created', false, false, '14ee320a2cd44ffd0730945f0058a57a', '2026-11-29 17:28:18+00', '2026-11-26 01:26:47+00', '2026-11-26 01:26:48.828628+00', NULL, NULL, NULL),
	('d9ea9ad5e3', '13172db43792fdf0906fd84b1355da0a', 11, 'subscribed', NULL, NULL, 'created', false, false, 'a3e066df66ae369738fed72253b4c335', '2026-11-29 17:28:18+00', '2026-11-29 17:28:18+00', '2026-11-26 01:26:48.745454+00', NULL, NULL, NULL),
	('d9ea9ad5e3', '135aafcc9c90668fd773d56c04fcf1e0', 20, 'subscribed', NULL, NULL, 'created', false, false, '5fd6345d900852bfa1ce47559958571e', '2026-11-29 17:28:18+00', '2026-11-26 01:26:47+00', '2026-11-26 01:26:48.698547+00', NULL, NULL, NULL),
	('d9ea9ad5e3', '7d14a9161252bfb655dc0cee278c34c9', 8, 'subscribed', NULL, NULL, 'created', false, false, 'cb549f62af6a7e490e647581ffedf6d5', '2026-11-29 17:28:18+00', '2026-11-26 01:26:47+00', '2026-11-26 01:26:48.704051+00', NULL, NULL, NULL),
	('fe56138604', '19a197d2230eac21efc236cffe0daf3c', 77, 'archived', 'our_archive', 'left_collection', 'created', false, false, NULL, '2026-11-29 17:28:19+00', '2026-11-26 01:26:49.735416+00', '2026-11-26 01:26:49.735416+00', NULL, NULL, NULL),
	('fe56138604', '2e130a6dc583818465fc87582c449063', 85, 'archived', 'our_archive', 'left_collection', 'created', false, false, NULL, '2026-11-29 17:28:19+00', '2026-11-26 01:26:49.737854+00', '2026-11-26 01:26:49.737854+00', NULL, NULL, NULL),
	('fe56138604', '49ef63f27a89e243724340b9de771733', 83, 'archived', 'our_archive', 'left_collection', 'created', false, false, NULL, '2026-11-29 17:28:19+00', '2026-11-26 01:26:49.740209+00', '2026-11-26 01:26:49.740209+00', NULL, NULL, NULL),
	('fe56138604', '915bc450ba2b029bd245783c12a93698', 79, 'archived', 'our_archive', 'left_collection', 'created', false, false, NULL, '2026-11-29 17:28:19+00', '2026-11-26 01:26:49.74244+00', '2026-11-26 01:26:49.74244+00', NULL, NULL, NULL),
	('fe56138604', '92132034413e242c73159d67770e5861', 75, 'archived', 'our_archive', 'left_collection', 'created', false, false, NULL, '2026-11-29 17:28:19+00', '2026-11-26 01:26:49.744482+00', '2026-11-26 01:26:49.744482+00', NULL, NULL, NULL),
	('d9ea9ad5e3', '824119664a38b9d9392ba460bde8aff5', 17, 'subscribed', NULL, NULL, 'created', false, false, '2b77306b8f4bbda7f47095253f54571a', '2026-11-29 17:28:18+00', '2026-11-26 01:26:47+00', '2026-11-26 01:26:48.708771+00', NULL, NULL, NULL),
	('f6b92d2444', '9bc6ae6905e559ae95cb41dc766a061e', 5, 'subscribed', NULL, NULL, 'created', false, false, 'eb21fdf8939a55ad6d5c3715d3b82f60', '2026-11-29 17:28:18+00', '2026-11-26 01:26:47+00', '2026-11-26 01:26:48.61515+00', NULL, NULL, NULL),
	('f6b92d2444', 'de122e338083c298ff9f5b8010d27aeb', 35, 'unsubscribed', 'cleaned', 'suppressed_cleaned', 'created', false, false, NULL, '2026-11-29 17:28:18+00', '2026-11-26 01:26:48.599151+00', '2026-11-26 01:26:48.599151+00', 'administrator', NULL, NULL),
	('d9ea9ad5e3', '9bc6ae6905e559ae95cb41dc766a061e', 5, 'subscribed', NULL, NULL, 'created', false, false, 'f335456c3b2a5720e4ae11a74bfea0c2', '2026-11-29 17:28:18+00', '2026-11-26 01:26:47+00', '2026-11-26 01:26:48.713885+00', NULL, NULL, NULL),
	('d9ea9ad5e3', 'ade56e1c38dfa9e546a6c7c2175a0c67', 14, 'subscribed', NULL, NULL, 'created', false, false, '948ff020a84941c5fd0908bc454f23f5', '2026-11-29 17:28:18+00', '2026-11-26 01:26:47+00', '2026-11-26 01:26:48.718776+00', NULL, NULL, NULL),
	('d9ea9ad5e3', 'c0dbaf01415c7214ea2d463e4667ecfc', 23, 'subscribed', NULL, NULL, 'created', false, false, 'd44fc3e2d43c89184dec1008162f3a9f', '2026-11-29 17:28:18+00', '2026-11-26 01:26:47+00', '2026-11-26 01:26:48.723818+00', NULL, NULL, NULL),
	('d9ea9ad5e3', 'c84729d7525669f24a49fbd799015cc3', 41, 'pending', 'unconfirmed', NULL, 'created', false, false, NULL, '2026-11-29 17:28:18+00', '2026-11-26 01:26:48.729056+00', '2026-11-26 01:26:48.729056+00', NULL, NULL, NULL),
	('d9ea9ad5e3', 'd12d71628974a1fa456add168bc63875', 26, 'subscribed', NULL, NULL, 'created', false, false, '98df6c7c4ced76a091f61f70e1cb691f', '2026-11-29 17:28:18+00', '2026-11-26 01:26:47+00', '2026-11-26 01:26:48.731198+00', NULL, NULL, NULL),
	('fe56138604', 'e4ebb8584294b66f58152cae55873ce7', 91, 'subscribed', NULL, NULL, 'created', false, false, '837d45d1eef0e39e4c5a8566c6b8fd99', '2026-11-29 17:28:19+00', '2026-11-29 17:28:19+00', '2026-11-26 01:26:49.131154+00', NULL, NULL, NULL),
	('fe56138604', 'f7bd42bb590e90b3b6483a7d91756523', 87, 'subscribed', NULL, NULL, 'created', false, false, '14b4fa03d93ac7178bd740d9b30f0a04', '2026-11-29 17:28:19+00', '2026-11-29 17:28:19+00', '2026-11-26 01:26:49.131154+00', NULL, NULL, NULL),
	('fe56138604', '9be60641f36cd343019e1dad23dbcf92', 81, 'archived', 'our_archive', 'left_collection', 'created', false, false, NULL, '2026-11-29 17:28:19+00', '2026-11-26 01:26:49.746369+00', '2026-11-26 01:26:49.746369+00', NULL, NULL, NULL),
	('48b9e5d63e', '9bc6ae6905e559ae95cb41dc766a061e', 5, 'subscribed', NULL, NULL, 'created', false, false, 'eb21fdf8939a55ad6d5c3715d3b82f60', '2026-11-29 17:28:24+00', '2026-11-29 17:28:24+00', '2026-11-26 01:26:50.527551+00', NULL, NULL, NULL),
	('fe56138604', '4c33640a038ef36d9eb450a518e684e7', 94, 'subscribed', NULL, NULL, 'created', false, false, '4740cb61f0732cb0b07435c2dae9ca3c', '2026-11-29 17:28:20+00', '2026-11-29 17:28:20+00', '2026-11-26 01:26:50.006508+00', NULL, NULL, NULL),
	('fe56138604', '64c02ca7c2695586ca5e18ed4b42fc9d', 106, 'subscribed', NULL, NULL, 'created', false, false, '76ad98b68c60aa2edad905b50479f75f', '2026-11-29 17:28:20+00', '2026-11-29 17:28:20+00', '2026-11-26 01:26:50.006508+00', NULL, NULL, NULL),
	('fe56138604', '6fea299c17c6a006614ec0a6780c9964', 96, 'subscribed', NULL, NULL, 'created', false, false, 'd3981ba65fb9ba9b80e903971563109b', '2026-11-29 17:28:20+00', '2026-11-29 17:28:20+00', '2026-11-26 01:26:50.006508+00', NULL, NULL, NULL),
	('fe56138604', 'b60606577b9eeca8e6a39d124c8bff92', 100, 'subscribed', NULL, NULL, 'created', false, false, '6cfb7a1b749e9e31d9bff19f969d9261', '2026-11-29 17:28:20+00', '2026-11-29 17:28:20+00', '2026-11-26 01:26:50.006508+00', NULL, NULL, NULL),
	('fe56138604', 'cf2c1a749965b6a4863d4fcbb9f61f4b', 108, 'subscribed', NULL, NULL, 'created', false, false, 'f4b2159f30fcec7178c099160d490239', '2026-11-29 17:28:20+00', '2026-11-29 17:28:20+00', '2026-11-26 01:26:50.006508+00', NULL, NULL, NULL),
	('fe56138604', 'd4794ecb5a34a0c64af070f159b14939', 104, 'subscribed', NULL, NULL, 'created', false, false, 'eafc3d269337f1afb6f57e087576086d', '2026-11-29 17:28:20+00', '2026-11-29 17:28:20+00', '2026-11-26 01:26:50.006508+00', NULL, NULL, NULL),
	('fe56138604', 'dc05e7d06071f2e56a26cbd0256ecb11', 98, 'subscribed', NULL, NULL, 'created', false, false, 'd30f213b61a28a78e784a4c90eb61e6c', '2026-11-29 17:28:20+00', '2026-11-29 17:28:20+00', '2026-11-26 01:26:50.006508+00', NULL, NULL, NULL),
	('fe56138604', 'fdd4a69526c1ce61a77c18f09f966af1', 102, 'subscribed', NULL, NULL, 'created', false, false, 'ddce583910f98d3e6330eb0c5c4869f7', '2026-11-29 17:28:20+00', '2026-11-29 17:28:20+00', '2026-11-26 01:26:50.006508+00', NULL, NULL, NULL);
INSERT INTO sync.merge_field VALUES
	('f6b92d2444', 'FNAME', 'FNAME', 1, 'text', 'First Name'),
	('f6b92d2444', 'LNAME', 'LNAME', 2, 'text', 'Last Name'),
	('f6b92d2444', 'CRMREF', 'CRMREF', 5, 'text', 'CRM reference (collection 3)'),
	('e91f071fa9', 'FNAME', 'FNAME', 1, 'text', 'First Name'),
	('e91f071fa9', 'LNAME', 'LNAME', 2, 'text', 'Last Name'),
	('e91f071fa9', 'CRMREF', 'CRMREF', 5, 'text', 'CRM reference (collection 2)'),
	('fe56138604', 'FNAME', 'FNAME', 1, 'text', 'First Name'),
	('fe56138604', 'LNAME', 'LNAME', 2, 'text', 'Last Name'),
	('fe56138604', 'CRMREF', 'CRMREF', 5, 'text', 'CRM reference (collection 74)'),
	('48b9e5d63e', 'FNAME', 'FNAME', 1, 'text', 'First Name'),
	('48b9e5d63e', 'LNAME', 'LNAME', 2, 'text', 'Last Name'),
	('48b9e5d63e', 'CRMREF', 'CRMREF', 5, 'text', 'CRM reference (collection 3)'),
	('d9ea9ad5e3', 'FNAME', 'FNAME', 1, 'text', 'First Name'),
	('d9ea9ad5e3', 'LNAME', 'LNAME', 2, 'text', 'Last Name'),
	('d9ea9ad5e3', 'CRMREF', 'CRMREF', 5, 'text', 'CRM reference (collection 1)'),
	('d9ea9ad5e3', 'city', 'POLI', 6, 'text', 'Πόλη'),
	('d9ea9ad5e3', 'since', 'PELATISAPO', 7, 'date', 'Πελάτης από');
INSERT INTO sync.open_batch VALUES
	('0123456789', 'δέσμη-7', '2026-11-26 01:26:57.846827+00');
INSERT INTO sync.provider_default VALUES
	(0, 'company', 'Ελληνικά Τρόφιμα ΑΕ', 'Ελαιώνες Αιγαίου Α.Ε.', 'kept', '48b9e5d63e', '2026-11-26 01:26:51.176196+00'),
	(1, 'address1', 'Οδός Ερμού 1', 'Ερμού 12', 'kept', '48b9e5d63e', '2026-11-26 01:26:51.176196+00'),
	(2, 'address2', NULL, NULL, 'missing', '48b9e5d63e', '2026-11-26 01:26:51.176196+00'),
	(3, 'city', 'Αθήνα', 'Αθήνα', 'unchanged', '48b9e5d63e', '2026-11-26 01:26:51.176196+00'),
	(4, 'state', NULL, 'Αττική', 'filled', '48b9e5d63e', '2026-11-26 01:26:51.176196+00'),
	(5, 'zip', '10563', '10563', 'unchanged', '48b9e5d63e', '2026-11-26 01:26:51.176196+00'),
	(6, 'country', 'GR', 'GR', 'unchanged', '48b9e5d63e', '2026-11-26 01:26:51.176196+00'),
	(7, 'phone', NULL, NULL, 'missing', '48b9e5d63e', '2026-11-26 01:26:51.176196+00'),
	(8, 'from_name', 'Γαλαξίας', 'Εταιρεία', 'kept', '48b9e5d63e', '2026-11-26 01:26:51.176196+00'),
	(9, 'from_email', 'news@galaxy.gr', 'news@example.gr', 'kept', '48b9e5d63e', '2026-11-26 01:26:51.176196+00'),
	(10, 'subject', 'Νέα', NULL, 'kept', '48b9e5d63e', '2026-11-26 01:26:51.176196+00'),
	(11, 'language', 'el', 'el', 'unchanged', '48b9e5d63e', '2026-11-26 01:26:51.176196+00'),
	(12, 'permission_reminder', 'Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε.', 'Είστε πελάτης μας.', 'kept', '48b9e5d63e', '2026-11-26 01:26:51.176196+00'),
	(13, 'email_type_option', 'no', 'no', 'unchanged', '48b9e5d63e', '2026-11-26 01:26:51.176196+00');
INSERT INTO sync.quarantine OVERRIDING SYSTEM VALUE VALUES
	(16, 'NEWS', 41, 'consent_withdrawn', NULL, '2026-11-26 01:26:48.396062+00', '2026-11-26 01:26:48.396062+00', '2026-11-26 01:26:48.747468+00'),
	(26, 'FREE', 35, 'suppressed_cleaned', NULL, '2026-11-26 01:26:48.620484+00', '2026-11-26 01:26:50.804132+00', NULL),
	(48, 'FREE', 50, 'erased_contact', NULL, '2026-11-26 01:26:49.08035+00', '2026-11-26 01:26:50.804132+00', NULL),
	(93, 'FREE', 20, 'suppressed_unsubscribed', NULL, '2026-11-26 01:26:50.328413+00', '2026-11-26 01:26:50.804132+00', NULL),
	(69, 'LOYAL', 89, 'consent_withdrawn', NULL, '2026-11-26 01:26:49.436625+00', '2026-11-26 01:26:50.911074+00', NULL),
	(1, 'NEWS', 26, 'invalid_field_value', 'since: not an ISO date (2024-02-29)', '2026-11-26 01:26:47.864543+00', '2026-11-26 01:26:51.035235+00', NULL),
	(2, 'NEWS', 60, 'inactive_contact', NULL, '2026-11-26 01:26:47.879136+00', '2026-11-26 01:26:51.035235+00', NULL),
	(3, 'NEWS', 64, 'consent_not_yet_effective', NULL, '2026-11-26 01:26:47.879136+00', '2026-11-26 01:26:51.035235+00', NULL),
	(4, 'NEWS', 57, 'duplicate_email', 'contact 8 stands for this address', '2026-11-26 01:26:47.879136+00', '2026-11-26 01:26:51.035235+00', NULL),
	(14, 'NEWS', 35, 'suppressed_cleaned', NULL, '2026-11-26 01:26:48.396062+00', '2026-11-26 01:26:51.035235+00', NULL),
	(15, 'NEWS', 38, 'suppressed_archived', NULL, '2026-11-26 01:26:48.396062+00', '2026-11-26 01:26:51.035235+00', NULL),
	(34, 'NEWS', 41, 'suppressed_pending', NULL, '2026-11-26 01:26:48.747468+00', '2026-11-26 01:26:51.035235+00', NULL),
	(35, 'NEWS', 47, 'suppressed_forgotten', NULL, '2026-11-26 01:26:48.747468+00', '2026-11-26 01:26:51.035235+00', NULL),
	(56, 'NEWS', 50, 'erased_contact', NULL, '2026-11-26 01:26:49.19287+00', '2026-11-26 01:26:51.035235+00', NULL),
	(17, 'NEWS', 29, 'suppressed_unsubscribed', NULL, '2026-11-26 01:26:48.396062+00', '2026-11-26 01:26:51.035235+00', NULL),
	(18, 'NEWS', 32, 'suppressed_complaint', NULL, '2026-11-26 01:26:48.396062+00', '2026-11-26 01:26:51.035235+00', NULL),
	(5, 'NEWS', 62, 'consent_expired', NULL, '2026-11-26 01:26:47.879136+00', '2026-11-26 01:26:51.035235+00', NULL),
	(6, 'NEWS', 66, 'consent_withdrawn', NULL, '2026-11-26 01:26:47.879136+00', '2026-11-26 01:26:51.035235+00', NULL),
	(7, 'NEWS', 68, 'rejected_by_mailchimp', 'the address looks fake or invalid, please enter a real email address.', '2026-11-26 01:26:47.879136+00', '2026-11-26 01:26:51.035235+00', NULL),
	(8, 'NEWS', 59, 'no_consent', NULL, '2026-11-26 01:26:47.879136+00', '2026-11-26 01:26:51.035235+00', NULL),
	(10, 'NEWS', 55, 'invalid_email', NULL, '2026-11-26 01:26:47.879136+00', '2026-11-26 01:26:51.035235+00', NULL),
	(9, 'NEWS', 53, 'missing_email', NULL, '2026-11-26 01:26:47.879136+00', '2026-11-26 01:26:51.035235+00', NULL),
	(65, 'OFFERS', 50, 'erased_contact', NULL, '2026-11-26 01:26:49.238291+00', '2026-11-26 01:26:51.13206+00', NULL),
	(25, 'OFFERS', 32, 'suppressed_complaint', NULL, '2026-11-26 01:26:48.460579+00', '2026-11-26 01:26:51.13206+00', NULL);
INSERT INTO sync.reason VALUES
	('erased_contact', 10, 'The contact asked to be erased.', 'Nothing; the erasure run deletes what is left.'),
	('inactive_contact', 20, 'The contact is inactive or merged into another.', 'Reactivate the contact, if that is meant.'),
	('missing_email', 30, 'The contact has no e-mail address.', 'Enter the address.'),
	('invalid_email', 40, 'The e-mail address is not well formed.', 'Correct the address.'),
	('consent_withdrawn', 50, 'The contact withdrew consent for this category.', 'Nothing, unless the person consents again.'),
	('consent_expired', 51, 'The consent for this category has expired.', 'Ask the person to renew it.'),
	('consent_not_yet_effective', 52, 'The consent takes effect later.', 'Nothing; it is picked up by itself.'),
	('no_consent', 53, 'There is no consent for this category.', 'Ask the person for consent.'),
	('shared_address_refused', 60, 'Another contact with this address refused.', 'Find out whose address it is.'),
	('duplicate_email', 70, 'Another contact with this address stands for it.', 'Merge the contacts or correct one address.'),
	('suppressed_forgotten', 80, 'The address was permanently deleted.', 'Only the person can subscribe again.'),
	('suppressed_complaint', 81, 'The person reported the mail as abuse.', 'Nothing; do not mail this address.'),
	('suppressed_unsubscribed', 82, 'The person unsubscribed.', 'Only the person can subscribe again.'),
	('suppressed_cleaned', 83, 'The address bounces.', 'Correct the address.'),
	('suppressed_compliance', 84, 'Mailchimp holds the address in a compliance state.', 'Only the person can subscribe again.'),
	('suppressed_archived', 85, 'Somebody archived the member in Mailchimp.', 'Unarchive it in Mailchimp, if that is meant.'),
	('suppressed_pending', 86, 'The person has not confirmed yet.', 'Wait for the person to confirm.'),
	('rejected_by_mailchimp', 90, 'Mailchimp refused the address.', 'Read Mailchimp''s words and correct the address.'),
	('invalid_field_value', 100, 'A field''s value does not fit its type and was left out.', 'Correct the value.');
INSERT INTO sync.rejection VALUES
	('d9ea9ad5e3', '55502f40dc8b7c769880b10874abc9d0', 68, '13a87386df41b5004549dae3de695ca3', 'fake', 'the address looks fake or invalid, please enter a real email address.', false, '2026-11-26 01:26:47.864543+00');
INSERT INTO sync.removal_request OVERRIDING SYSTEM VALUE VALUES
	(1, 'LOYAL', 'run-5', '2026-11-26 01:26:49.424934+00', '2026-11-26 01:26:49.58088+00', 'approved', 6, 9, '1', '2026-11-26 01:26:49.749764+00', 'run-6'),
	(2, 'LOYAL', 'run-8', '2026-11-26 01:26:50.158173+00', NULL, NULL, 6, 10, NULL, NULL, NULL);
INSERT INTO sync.removal_request_member VALUES
	(1, '19a197d2230eac21efc236cffe0daf3c', 77, 'left_collection'),
	(1, '2e130a6dc583818465fc87582c449063', 85, 'left_collection'),
	(1, '49ef63f27a89e243724340b9de771733', 83, 'left_collection'),
	(1, '915bc450ba2b029bd245783c12a93698', 79, 'left_collection'),
	(1, '92132034413e242c73159d67770e5861', 75, 'left_collection'),
	(1, '9be60641f36cd343019e1dad23dbcf92', 81, 'left_collection'),
	(2, '4c33640a038ef36d9eb450a518e684e7', 94, 'left_collection'),
	(2, '6fea299c17c6a006614ec0a6780c9964', 96, 'left_collection'),
	(2, 'b60606577b9eeca8e6a39d124c8bff92', 100, 'left_collection'),
	(2, 'd4794ecb5a34a0c64af070f159b14939', 104, 'left_collection'),
	(2, 'dc05e7d06071f2e56a26cbd0256ecb11', 98, 'left_collection'),
	(2, 'fdd4a69526c1ce61a77c18f09f966af1', 102, 'left_collection');
INSERT INTO sync.staged_collection VALUES
	(2, 4, 'BARE', 'Χωρίς τύπο', NULL, NULL, 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', 'no_campaign_type', 'the collection has no campaign type: set crm.contact_collection.campaign_type', 'blocked', NULL, NULL, 0, 0, 0),
	(2, 3, 'FREE', 'Εξυπηρέτηση', 'unclassified', 'FREE', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, NULL, NULL, 4, 4, 0),
	(1, 4, 'BARE', 'Χωρίς τύπο', NULL, NULL, 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', 'no_campaign_type', 'the collection has no campaign type: set crm.contact_collection.campaign_type', 'blocked', NULL, NULL, 0, 0, 0),
	(1, 3, 'FREE', 'Εξυπηρέτηση', 'unclassified', 'FREE', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, NULL, NULL, 4, 4, 0),
	(1, 1, 'NEWS', 'Ενημερωτικό δελτίο', 'newsletter', 'NEWS', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, true, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, NULL, NULL, 25, 17, 8),
	(1, 2, 'OFFERS', 'Προσφορές Αθήνας', 'offer', 'OFFER', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, NULL, NULL, 6, 6, 0),
	(3, 3, 'FREE', 'Εξυπηρέτηση', 'unclassified', 'FREE', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, NULL, NULL, 4, 3, 1),
	(3, 1, 'NEWS', 'Ενημερωτικό δελτίο', 'newsletter', 'NEWS', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, true, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, NULL, NULL, 24, 15, 9),
	(2, 1, 'NEWS', 'Ενημερωτικό δελτίο', 'newsletter', 'NEWS', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, true, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, NULL, NULL, 24, 15, 9),
	(2, 2, 'OFFERS', 'Προσφορές Αθήνας', 'offer', 'OFFER', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, NULL, NULL, 6, 6, 0),
	(3, 2, 'OFFERS', 'Προσφορές Αθήνας', 'offer', 'OFFER', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, NULL, NULL, 6, 5, 1),
	(3, 4, 'BARE', 'Χωρίς τύπο', NULL, NULL, 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', 'no_campaign_type', 'the collection has no campaign type: set crm.contact_collection.campaign_type', 'blocked', NULL, NULL, 0, 0, 0),
	(4, 1, 'NEWS', 'Ενημερωτικό δελτίο', 'newsletter', 'NEWS', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, true, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, NULL, NULL, 24, 15, 9),
	(4, 4, 'BARE', 'Χωρίς τύπο', NULL, NULL, 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', 'no_campaign_type', 'the collection has no campaign type: set crm.contact_collection.campaign_type', 'blocked', NULL, NULL, 0, 0, 0),
	(4, 2, 'OFFERS', 'Προσφορές Αθήνας', 'offer', 'OFFER', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, NULL, NULL, 6, 5, 1),
	(4, 3, 'FREE', 'Εξυπηρέτηση', 'unclassified', 'FREE', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, NULL, NULL, 4, 3, 1),
	(4, 74, 'LOYAL', 'Πιστοί πελάτες', 'newsletter', 'NEWS', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, NULL, NULL, 9, 9, 0),
	(5, 1, 'NEWS', 'Ενημερωτικό δελτίο', 'newsletter', 'NEWS', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, true, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, NULL, NULL, 24, 15, 9),
	(5, 2, 'OFFERS', 'Προσφορές Αθήνας', 'offer', 'OFFER', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, NULL, NULL, 6, 5, 1),
	(5, 4, 'BARE', 'Χωρίς τύπο', NULL, NULL, 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', 'no_campaign_type', 'the collection has no campaign type: set crm.contact_collection.campaign_type', 'blocked', NULL, NULL, 0, 0, 0),
	(5, 3, 'FREE', 'Εξυπηρέτηση', 'unclassified', 'FREE', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, NULL, NULL, 4, 3, 1),
	(5, 74, 'LOYAL', 'Πιστοί πελάτες', 'newsletter', 'NEWS', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, 'removal_guard: 6 of 9 members would be removed: nothing was pushed but withdrawals and erasures; look at the plan and approve with DAG approve_removals', NULL, 3, 2, 1),
	(8, 74, 'LOYAL', 'Πιστοί πελάτες', 'newsletter', 'NEWS', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, 'removal_guard: 6 of 10 members would be removed: nothing was pushed but withdrawals and erasures; look at the plan and approve with DAG approve_removals', NULL, 5, 4, 1),
	(6, 74, 'LOYAL', 'Πιστοί πελάτες', 'newsletter', 'NEWS', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, NULL, NULL, 3, 2, 1),
	(7, 74, 'LOYAL', 'Πιστοί πελάτες', 'newsletter', 'NEWS', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, NULL, NULL, 11, 10, 1),
	(10, 3, 'FREE', 'Εξυπηρέτηση', 'unclassified', 'FREE', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, '48b9e5d63e', '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, NULL, NULL, 4, 3, 1),
	(9, 3, 'FREE', 'Εξυπηρέτηση', 'unclassified', 'FREE', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, NULL, NULL, 4, 3, 1),
	(11, 1, 'NEWS', 'Ενημερωτικό δελτίο', 'newsletter', 'NEWS', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, true, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, NULL, NULL, 24, 15, 9),
	(11, 4, 'BARE', 'Χωρίς τύπο', NULL, NULL, 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', 'no_campaign_type', 'the collection has no campaign type: set crm.contact_collection.campaign_type', 'blocked', NULL, NULL, 0, 0, 0),
	(11, 3, 'FREE', 'Εξυπηρέτηση', 'unclassified', 'FREE', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, '48b9e5d63e', '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, NULL, NULL, 4, 3, 1),
	(11, 74, 'LOYAL', 'Πιστοί πελάτες', 'newsletter', 'NEWS', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, 'removal_guard: 6 of 10 members would be removed: nothing was pushed but withdrawals and erasures; look at the plan and approve with DAG approve_removals', NULL, 5, 4, 1),
	(11, 2, 'OFFERS', 'Προσφορές Αθήνας', 'offer', 'OFFER', 'mailchimp', 'Αλεξάνδρα', true, true, NULL, false, NULL, '{"zip": "10563", "city": "Αθήνα", "phone": null, "state": null, "company": "Ελληνικά Τρόφιμα ΑΕ", "country": "GR", "subject": "Νέα", "address1": "Οδός Ερμού 1", "address2": null, "language": "el", "from_name": "Γαλαξίας", "from_email": "news@galaxy.gr", "email_type_option": false, "permission_reminder": "Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε."}', NULL, NULL, NULL, NULL, NULL, 6, 5, 1);
INSERT INTO sync.staging_invariant VALUES
	(11, 'NEWS', 0, 0, 0, 0, 0, 0, 0, 0, 0, 13, 1.02);
INSERT INTO sync.staging_run OVERRIDING SYSTEM VALUE VALUES
	(9, 'run-9', '2026-11-26 01:26:50.201629+00', '1', false, false, '{"consent": 8, "contact": 4, "refusal": 3, "verdict": 4, "membership": 4}', '[{"code": "city", "label": "Πόλη", "choices": [], "data_type": "text"}, {"code": "since", "label": "Πελάτης από", "choices": [], "data_type": "date"}]', NULL, NULL, '2026-11-26 01:26:57.816674+00', '2026-10-17 01:26:50.205433+00'),
	(10, 'run-10', '2026-11-26 01:26:50.350601+00', '1', false, false, '{"consent": 8, "contact": 4, "refusal": 3, "verdict": 4, "membership": 4}', '[{"code": "city", "label": "Πόλη", "choices": [], "data_type": "text"}, {"code": "since", "label": "Πελάτης από", "choices": [], "data_type": "date"}]', NULL, NULL, '2026-11-26 01:26:57.822219+00', '2026-10-17 01:26:50.35345+00'),
	(2, 'run-2', '2026-11-26 01:26:48.212799+00', '1', false, false, '{"consent": 36, "contact": 23, "refusal": 2, "verdict": 31, "membership": 31}', '[{"code": "city", "label": "Πόλη", "choices": [], "data_type": "text"}, {"code": "since", "label": "Πελάτης από", "choices": [], "data_type": "date"}]', NULL, NULL, '2026-11-26 01:26:57.825232+00', '2026-10-17 01:26:48.21549+00'),
	(3, 'run-3', '2026-11-26 01:26:48.479352+00', '1', false, true, '{"consent": 36, "contact": 23, "refusal": 1, "verdict": 31, "membership": 31}', '[{"code": "city", "label": "Πόλη", "choices": [], "data_type": "text"}, {"code": "since", "label": "Πελάτης από", "choices": [], "data_type": "date"}]', NULL, NULL, '2026-11-26 01:26:57.827861+00', '2026-10-17 01:26:48.481864+00'),
	(1, 'run-1', '2026-11-26 01:26:47.665406+00', '1', false, false, '{"consent": 38, "contact": 24, "refusal": 1, "verdict": 32, "membership": 32}', '[{"code": "city", "label": "Πόλη", "choices": [], "data_type": "text"}, {"code": "since", "label": "Πελάτης από", "choices": [], "data_type": "date"}]', NULL, NULL, '2026-11-26 01:26:57.830424+00', '2026-10-17 01:26:47.668815+00'),
	(4, 'run-4', '2026-11-26 01:26:48.964462+00', '1', false, false, '{"consent": 47, "contact": 33, "refusal": 2, "verdict": 43, "membership": 43}', '[{"code": "city", "label": "Πόλη", "choices": [], "data_type": "text"}, {"code": "since", "label": "Πελάτης από", "choices": [], "data_type": "date"}]', NULL, NULL, '2026-11-26 01:26:57.833187+00', '2026-10-17 01:26:48.96795+00'),
	(11, 'run-11', '2026-11-26 01:26:50.566233+00', '1', false, false, '{"consent": 43, "contact": 29, "refusal": 3, "verdict": 39, "membership": 39}', '[{"code": "city", "label": "Πόλη", "choices": [], "data_type": "text"}, {"code": "since", "label": "Πελάτης από", "choices": [], "data_type": "date"}]', NULL, NULL, NULL, '2026-11-26 01:26:50.569955+00'),
	(5, 'run-5', '2026-11-26 01:26:49.257436+00', '1', false, false, '{"consent": 41, "contact": 27, "refusal": 3, "verdict": 37, "membership": 37}', '[{"code": "city", "label": "Πόλη", "choices": [], "data_type": "text"}, {"code": "since", "label": "Πελάτης από", "choices": [], "data_type": "date"}]', NULL, NULL, '2026-11-26 01:26:57.836175+00', '2026-10-17 01:26:49.259941+00'),
	(6, 'run-6', '2026-11-26 01:26:49.594342+00', '1', false, false, '{"consent": 3, "contact": 3, "refusal": 3, "verdict": 3, "membership": 3}', '[{"code": "city", "label": "Πόλη", "choices": [], "data_type": "text"}, {"code": "since", "label": "Πελάτης από", "choices": [], "data_type": "date"}]', NULL, NULL, '2026-11-26 01:26:57.839232+00', '2026-10-17 01:26:49.597088+00'),
	(7, 'run-7', '2026-11-26 01:26:49.814776+00', '1', false, false, '{"consent": 11, "contact": 11, "refusal": 3, "verdict": 11, "membership": 11}', '[{"code": "city", "label": "Πόλη", "choices": [], "data_type": "text"}, {"code": "since", "label": "Πελάτης από", "choices": [], "data_type": "date"}]', NULL, NULL, '2026-11-26 01:26:57.841795+00', '2026-10-17 01:26:49.81948+00'),
	(8, 'run-8', '2026-11-26 01:26:50.034949+00', '1', false, false, '{"consent": 5, "contact": 5, "refusal": 3, "verdict": 5, "membership": 5}', '[{"code": "city", "label": "Πόλη", "choices": [], "data_type": "text"}, {"code": "since", "label": "Πελάτης από", "choices": [], "data_type": "date"}]', NULL, NULL, '2026-11-26 01:26:57.844289+00', '2026-10-17 01:26:50.042774+00');
INSERT INTO sync.subscriber_alias VALUES
	('0cc175b9c0f1b6a831c399e269772661', '92eb5ffee6ae2fec3ad71c777531578f', '2026-11-26 01:26:57.846827+00');
INSERT INTO sync.suppression VALUES
	('contact', '\xe9798eee0988d25fbfcd01eaf14dad98f4cb48115665790bafef182053367ca6', 'erased', '2026-11-26 01:26:48.865827+00'),
	('address', '\x8c1597248a00131e87ce737806476cdb56dcbd780c589c38e5a1b84ea87b7de7', 'erased', '2026-11-26 01:26:48.865827+00');
INSERT INTO sync.suppression_key VALUES
	(true, '\xaf8f01db293e452581705c7fd0471817f1880dcff86048cf83547474c298b025cdf072d59eec4d3da9a6187bfba1a57e');
INSERT INTO sync.watermark VALUES
	('reports', '2026-11-26 01:26:57.756913+00', '2026-11-26 01:26:57.756913+00'),
	('campaigns', '2026-11-26 01:26:57.846827+00', '2026-11-26 01:26:57.846827+00');
INSERT INTO sync.written_status VALUES
	(74, 100, 'subscribed', NULL, '2026-11-26 01:26:51.223462+00'),
	(74, 85, 'archived', 'our_archive', '2026-11-26 01:26:51.223462+00'),
	(1, 50, 'quarantined', 'erased_contact', '2026-11-26 01:26:51.223462+00'),
	(2, 32, 'unsubscribed', 'suppressed_complaint', '2026-11-26 01:26:51.223462+00'),
	(1, 59, 'quarantined', 'no_consent', '2026-11-26 01:26:51.223462+00'),
	(74, 96, 'subscribed', NULL, '2026-11-26 01:26:51.223462+00'),
	(74, 108, 'subscribed', NULL, '2026-11-26 01:26:51.223462+00'),
	(1, 41, 'pending', 'suppressed_pending', '2026-11-26 01:26:51.223462+00'),
	(1, 29, 'unsubscribed', 'suppressed_unsubscribed', '2026-11-26 01:26:51.223462+00'),
	(74, 91, 'subscribed', NULL, '2026-11-26 01:26:51.223462+00'),
	(1, 8, 'subscribed', NULL, '2026-11-26 01:26:51.223462+00'),
	(2, 5, 'subscribed', NULL, '2026-11-26 01:26:51.223462+00'),
	(3, 35, 'quarantined', 'suppressed_cleaned', '2026-11-26 01:26:51.223462+00'),
	(1, 62, 'quarantined', 'consent_expired', '2026-11-26 01:26:51.223462+00'),
	(74, 77, 'archived', 'our_archive', '2026-11-26 01:26:51.223462+00'),
	(74, 83, 'archived', 'our_archive', '2026-11-26 01:26:51.223462+00'),
	(74, 98, 'subscribed', NULL, '2026-11-26 01:26:51.223462+00'),
	(1, 14, 'subscribed', NULL, '2026-11-26 01:26:51.223462+00'),
	(74, 102, 'subscribed', NULL, '2026-11-26 01:26:51.223462+00'),
	(74, 104, 'subscribed', NULL, '2026-11-26 01:26:51.223462+00'),
	(1, 35, 'cleaned', 'suppressed_cleaned', '2026-11-26 01:26:51.223462+00'),
	(74, 89, 'unsubscribed', 'consent_withdrawn', '2026-11-26 01:26:51.223462+00'),
	(3, 50, 'quarantined', 'erased_contact', '2026-11-26 01:26:51.223462+00'),
	(1, 44, 'archived', 'our_archive', '2026-11-26 01:26:51.223462+00'),
	(1, 23, 'subscribed', NULL, '2026-11-26 01:26:51.223462+00'),
	(1, 53, 'quarantined', 'missing_email', '2026-11-26 01:26:51.223462+00'),
	(74, 106, 'subscribed', NULL, '2026-11-26 01:26:51.223462+00'),
	(1, 60, 'quarantined', 'inactive_contact', '2026-11-26 01:26:51.223462+00'),
	(1, 11, 'subscribed', NULL, '2026-11-26 01:26:51.223462+00'),
	(1, 66, 'quarantined', 'consent_withdrawn', '2026-11-26 01:26:51.223462+00'),
	(1, 17, 'subscribed', NULL, '2026-11-26 01:26:51.223462+00'),
	(1, 57, 'quarantined', 'duplicate_email', '2026-11-26 01:26:51.223462+00'),
	(74, 87, 'subscribed', NULL, '2026-11-26 01:26:51.223462+00'),
	(2, 14, 'subscribed', NULL, '2026-11-26 01:26:51.223462+00'),
	(3, 5, 'subscribed', NULL, '2026-11-26 01:26:51.223462+00'),
	(1, 64, 'quarantined', 'consent_not_yet_effective', '2026-11-26 01:26:51.223462+00'),
	(74, 75, 'archived', 'our_archive', '2026-11-26 01:26:51.223462+00'),
	(1, 20, 'subscribed', NULL, '2026-11-26 01:26:51.223462+00'),
	(1, 26, 'subscribed', NULL, '2026-11-26 01:26:51.223462+00'),
	(2, 23, 'subscribed', NULL, '2026-11-26 01:26:51.223462+00'),
	(2, 41, 'subscribed', NULL, '2026-11-26 01:26:51.223462+00'),
	(3, 20, 'quarantined', 'suppressed_unsubscribed', '2026-11-26 01:26:51.223462+00'),
	(74, 79, 'archived', 'our_archive', '2026-11-26 01:26:51.223462+00'),
	(74, 81, 'archived', 'our_archive', '2026-11-26 01:26:51.223462+00'),
	(2, 50, 'quarantined', 'erased_contact', '2026-11-26 01:26:51.223462+00'),
	(1, 32, 'unsubscribed', 'suppressed_complaint', '2026-11-26 01:26:51.223462+00'),
	(1, 38, 'archived', 'suppressed_archived', '2026-11-26 01:26:51.223462+00'),
	(1, 68, 'quarantined', 'rejected_by_mailchimp', '2026-11-26 01:26:51.223462+00'),
	(1, 55, 'quarantined', 'invalid_email', '2026-11-26 01:26:51.223462+00'),
	(1, 47, 'quarantined', 'suppressed_forgotten', '2026-11-26 01:26:51.223462+00'),
	(1, 5, 'subscribed', NULL, '2026-11-26 01:26:51.223462+00'),
	(74, 94, 'subscribed', NULL, '2026-11-26 01:26:51.223462+00');
SELECT pg_catalog.setval('sync.campaign_gate_gate_id_seq', 1, true);
SELECT pg_catalog.setval('sync.campaign_release_release_id_seq', 1, true);
SELECT pg_catalog.setval('sync.consent_proof_proof_id_seq', 46, true);
SELECT pg_catalog.setval('sync.erasure_receipt_receipt_id_seq', 1, true);
SELECT pg_catalog.setval('sync.quarantine_quarantine_id_seq', 118, true);
SELECT pg_catalog.setval('sync.removal_request_plan_id_seq', 2, true);
SELECT pg_catalog.setval('sync.staging_run_staging_id_seq', 11, true);
ALTER TABLE ONLY mart.campaign_cohort
    ADD CONSTRAINT campaign_cohort_pkey PRIMARY KEY (campaign_id, cohort_month, month);
ALTER TABLE ONLY mart.campaign_engagement
    ADD CONSTRAINT campaign_engagement_pkey PRIMARY KEY (campaign_id);
ALTER TABLE ONLY mart.campaign_quarter_hours
    ADD CONSTRAINT campaign_quarter_hours_pkey PRIMARY KEY (campaign_id, began_at);
ALTER TABLE ONLY mart.contact_engagement
    ADD CONSTRAINT contact_engagement_contact_id_key UNIQUE (contact_id);
ALTER TABLE ONLY mart.contact_engagement
    ADD CONSTRAINT contact_engagement_pkey PRIMARY KEY (engagement_key);
ALTER TABLE ONLY mart.contact_months
    ADD CONSTRAINT contact_months_pkey PRIMARY KEY (contact_key, month);
ALTER TABLE ONLY mart.contacts
    ADD CONSTRAINT contacts_contact_id_key UNIQUE (contact_id);
ALTER TABLE ONLY mart.contacts
    ADD CONSTRAINT contacts_pkey PRIMARY KEY (contact_key);
ALTER TABLE ONLY mart.member_engagement
    ADD CONSTRAINT member_engagement_pkey PRIMARY KEY (list_id, subscriber_hash);
ALTER TABLE ONLY mart.member_frequency
    ADD CONSTRAINT member_frequency_pkey PRIMARY KEY (list_id, subscriber_hash, mails_in_30_days);
ALTER TABLE ONLY mart.members
    ADD CONSTRAINT members_pkey PRIMARY KEY (list_id, subscriber_hash);
ALTER TABLE ONLY mart.segment_rule
    ADD CONSTRAINT segment_rule_pkey PRIMARY KEY (only_row);
ALTER TABLE ONLY mart.setting
    ADD CONSTRAINT setting_pkey PRIMARY KEY (only_row);
ALTER TABLE ONLY migration.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY migration.applied_file
    ADD CONSTRAINT applied_file_pkey PRIMARY KEY (file_name);
ALTER TABLE ONLY stats.accepted_difference
    ADD CONSTRAINT accepted_difference_pkey PRIMARY KEY (campaign_id, metric, accepted_at);
ALTER TABLE ONLY stats.audience_activity
    ADD CONSTRAINT audience_activity_pkey PRIMARY KEY (list_id, day);
ALTER TABLE ONLY stats.audience_growth
    ADD CONSTRAINT audience_growth_pkey PRIMARY KEY (list_id, month);
ALTER TABLE ONLY stats.bi_login
    ADD CONSTRAINT bi_login_pkey PRIMARY KEY (login);
ALTER TABLE ONLY stats.campaign_abuse_reports
    ADD CONSTRAINT campaign_abuse_reports_pkey PRIMARY KEY (campaign_id, report_id);
ALTER TABLE ONLY stats.campaign_activities
    ADD CONSTRAINT campaign_activities_pkey PRIMARY KEY (campaign_id, subscriber_hash, action, occurred_at, url_key, ordinal);
ALTER TABLE ONLY stats.campaign_activities_2026_11
    ADD CONSTRAINT campaign_activities_2026_11_pkey PRIMARY KEY (campaign_id, subscriber_hash, action, occurred_at, url_key, ordinal);
ALTER TABLE ONLY stats.campaign_activities_2026_12
    ADD CONSTRAINT campaign_activities_2026_12_pkey PRIMARY KEY (campaign_id, subscriber_hash, action, occurred_at, url_key, ordinal);
ALTER TABLE ONLY stats.campaign_part
    ADD CONSTRAINT campaign_part_pkey PRIMARY KEY (part_id);
ALTER TABLE ONLY stats.campaign_recipients
    ADD CONSTRAINT campaign_recipients_pkey PRIMARY KEY (campaign_id, subscriber_hash);
ALTER TABLE ONLY stats.campaign_unsubscribes
    ADD CONSTRAINT campaign_unsubscribes_pkey PRIMARY KEY (campaign_id, subscriber_hash);
ALTER TABLE ONLY stats.campaigns
    ADD CONSTRAINT campaigns_pkey PRIMARY KEY (campaign_id);
ALTER TABLE ONLY stats.domain_performance
    ADD CONSTRAINT domain_performance_pkey PRIMARY KEY (campaign_id, domain);
ALTER TABLE ONLY stats.expired_engagement
    ADD CONSTRAINT expired_engagement_pkey PRIMARY KEY (campaign_id, subscriber_hash);
ALTER TABLE ONLY stats.expired_events
    ADD CONSTRAINT expired_events_pkey PRIMARY KEY (campaign_id);
ALTER TABLE ONLY stats.link_clicks
    ADD CONSTRAINT link_clicks_pkey PRIMARY KEY (campaign_id, link_id);
ALTER TABLE ONLY stats.link_member_clicks
    ADD CONSTRAINT link_member_clicks_pkey PRIMARY KEY (campaign_id, link_id, subscriber_hash);
ALTER TABLE ONLY stats.list_state
    ADD CONSTRAINT list_state_pkey PRIMARY KEY (list_id);
ALTER TABLE ONLY stats.lists
    ADD CONSTRAINT lists_pkey PRIMARY KEY (list_id);
ALTER TABLE ONLY stats.member_activities
    ADD CONSTRAINT member_activities_pkey PRIMARY KEY (list_id, subscriber_hash, activity_type, occurred_at, ordinal);
ALTER TABLE ONLY stats.member_activity_state
    ADD CONSTRAINT member_activity_state_pkey PRIMARY KEY (list_id, subscriber_hash);
ALTER TABLE ONLY stats.members
    ADD CONSTRAINT members_pkey PRIMARY KEY (list_id, subscriber_hash);
ALTER TABLE ONLY stats.metric
    ADD CONSTRAINT metric_pkey PRIMARY KEY (metric);
ALTER TABLE ONLY stats.open_locations
    ADD CONSTRAINT open_locations_pkey PRIMARY KEY (campaign_id, country_code, region);
ALTER TABLE ONLY stats.recipient_engagement
    ADD CONSTRAINT recipient_engagement_pkey PRIMARY KEY (campaign_id, subscriber_hash);
ALTER TABLE ONLY stats.reconciliation
    ADD CONSTRAINT reconciliation_pkey PRIMARY KEY (campaign_id, metric);
ALTER TABLE ONLY stats.report_listing
    ADD CONSTRAINT report_listing_pkey PRIMARY KEY (began_at);
ALTER TABLE ONLY stats.report_snapshots
    ADD CONSTRAINT report_snapshots_pkey PRIMARY KEY (campaign_id, taken_at);
ALTER TABLE ONLY stats.stream_state
    ADD CONSTRAINT stream_state_pkey PRIMARY KEY (campaign_id, stream);
ALTER TABLE ONLY stats.sub_report_snapshots
    ADD CONSTRAINT sub_report_snapshots_pkey PRIMARY KEY (campaign_id, part_id, taken_at);
ALTER TABLE ONLY sync.alert
    ADD CONSTRAINT alert_pkey PRIMARY KEY (collection_code, state);
ALTER TABLE ONLY sync.audience
    ADD CONSTRAINT audience_list_id_key UNIQUE (list_id);
ALTER TABLE ONLY sync.audience
    ADD CONSTRAINT audience_pkey PRIMARY KEY (collection_id);
ALTER TABLE ONLY sync.campaign_gate
    ADD CONSTRAINT campaign_gate_pkey PRIMARY KEY (gate_id);
ALTER TABLE ONLY sync.campaign
    ADD CONSTRAINT campaign_pkey PRIMARY KEY (campaign_id);
ALTER TABLE ONLY sync.campaign
    ADD CONSTRAINT campaign_provider_campaign_id_key UNIQUE (provider_campaign_id);
ALTER TABLE ONLY sync.campaign_release
    ADD CONSTRAINT campaign_release_gate_id_key UNIQUE (gate_id);
ALTER TABLE ONLY sync.campaign_release
    ADD CONSTRAINT campaign_release_pkey PRIMARY KEY (release_id);
ALTER TABLE ONLY sync.collection_run
    ADD CONSTRAINT collection_run_pkey PRIMARY KEY (run_id, collection_code);
ALTER TABLE ONLY sync.consent_proof
    ADD CONSTRAINT consent_proof_pkey PRIMARY KEY (proof_id);
ALTER TABLE ONLY sync.erased_status
    ADD CONSTRAINT erased_status_pkey PRIMARY KEY (collection_id, contact_digest);
ALTER TABLE ONLY sync.erased_subscriber
    ADD CONSTRAINT erased_subscriber_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY sync.erasure_receipt
    ADD CONSTRAINT erasure_receipt_pkey PRIMARY KEY (receipt_id);
ALTER TABLE ONLY sync.former_audience
    ADD CONSTRAINT former_audience_pkey PRIMARY KEY (list_id);
ALTER TABLE ONLY sync.former_campaign
    ADD CONSTRAINT former_campaign_pkey PRIMARY KEY (provider_campaign_id);
ALTER TABLE ONLY sync.installation
    ADD CONSTRAINT installation_pkey PRIMARY KEY (singleton);
ALTER TABLE ONLY sync.member
    ADD CONSTRAINT member_pkey PRIMARY KEY (list_id, subscriber_hash);
ALTER TABLE ONLY sync.merge_field
    ADD CONSTRAINT merge_field_list_id_tag_key UNIQUE (list_id, tag);
ALTER TABLE ONLY sync.merge_field
    ADD CONSTRAINT merge_field_pkey PRIMARY KEY (list_id, field_code);
ALTER TABLE ONLY sync.open_batch
    ADD CONSTRAINT open_batch_pkey PRIMARY KEY (list_id);
ALTER TABLE ONLY sync.provider_default
    ADD CONSTRAINT provider_default_pkey PRIMARY KEY ("position");
ALTER TABLE ONLY sync.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (quarantine_id);
ALTER TABLE ONLY sync.reason
    ADD CONSTRAINT reason_pkey PRIMARY KEY (reason_code);
ALTER TABLE ONLY sync.rejection
    ADD CONSTRAINT rejection_pkey PRIMARY KEY (list_id, subscriber_hash);
ALTER TABLE ONLY sync.removal_request_member
    ADD CONSTRAINT removal_request_member_pkey PRIMARY KEY (plan_id, subscriber_hash);
ALTER TABLE ONLY sync.removal_request
    ADD CONSTRAINT removal_request_pkey PRIMARY KEY (plan_id);
ALTER TABLE ONLY sync.staged_collection
    ADD CONSTRAINT staged_collection_pkey PRIMARY KEY (staging_id, collection_code);
ALTER TABLE ONLY sync.staging_invariant
    ADD CONSTRAINT staging_invariant_pkey PRIMARY KEY (staging_id, collection_code);
ALTER TABLE ONLY sync.staging_run
    ADD CONSTRAINT staging_run_pkey PRIMARY KEY (staging_id);
ALTER TABLE ONLY sync.subscriber_alias
    ADD CONSTRAINT subscriber_alias_pkey PRIMARY KEY (address_hash);
ALTER TABLE ONLY sync.suppression_key
    ADD CONSTRAINT suppression_key_pkey PRIMARY KEY (singleton);
ALTER TABLE ONLY sync.suppression
    ADD CONSTRAINT suppression_pkey PRIMARY KEY (kind, digest);
ALTER TABLE ONLY sync.watermark
    ADD CONSTRAINT watermark_pkey PRIMARY KEY (name);
ALTER TABLE ONLY sync.written_status
    ADD CONSTRAINT written_status_pkey PRIMARY KEY (collection_id, contact_id);
CREATE INDEX contact_months_month_idx ON mart.contact_months USING btree (month);
CREATE INDEX members_contact_id_idx ON mart.members USING btree (contact_id);
CREATE INDEX members_contact_key_idx ON mart.members USING btree (contact_key);
CREATE INDEX members_subscriber_hash_idx ON mart.members USING btree (subscriber_hash);
CREATE INDEX consent_contact_id_gdpr_category_idx ON ONLY staging.consent USING btree (contact_id, gdpr_category);
CREATE INDEX consent_11_contact_id_gdpr_category_idx ON staging.consent_11 USING btree (contact_id, gdpr_category);
CREATE INDEX contact_contact_id_idx ON ONLY staging.contact USING btree (contact_id);
CREATE INDEX contact_11_contact_id_idx ON staging.contact_11 USING btree (contact_id);
CREATE INDEX membership_collection_id_contact_id_idx ON ONLY staging.membership USING btree (collection_id, contact_id);
CREATE INDEX membership_11_collection_id_contact_id_idx ON staging.membership_11 USING btree (collection_id, contact_id);
CREATE INDEX plan_collection_id_action_subscriber_hash_idx ON ONLY staging.plan USING btree (collection_id, action, subscriber_hash);
CREATE INDEX plan_11_collection_id_action_subscriber_hash_idx ON staging.plan_11 USING btree (collection_id, action, subscriber_hash);
CREATE INDEX refusal_address_key_idx ON ONLY staging.refusal USING btree (address_key);
CREATE INDEX refusal_11_address_key_idx ON staging.refusal_11 USING btree (address_key);
CREATE INDEX refusal_contact_id_idx ON ONLY staging.refusal USING btree (contact_id);
CREATE INDEX refusal_11_contact_id_idx ON staging.refusal_11 USING btree (contact_id);
CREATE INDEX verdict_collection_id_contact_id_idx ON ONLY staging.verdict USING btree (collection_id, contact_id);
CREATE INDEX verdict_11_collection_id_contact_id_idx ON staging.verdict_11 USING btree (collection_id, contact_id);
CREATE INDEX campaign_abuse_reports_subscriber_hash_idx ON stats.campaign_abuse_reports USING btree (subscriber_hash);
CREATE INDEX campaign_activities_subscriber_hash_occurred_at_idx ON ONLY stats.campaign_activities USING btree (subscriber_hash, occurred_at);
CREATE INDEX campaign_activities_2026_11_subscriber_hash_occurred_at_idx ON stats.campaign_activities_2026_11 USING btree (subscriber_hash, occurred_at);
CREATE INDEX campaign_activities_2026_12_subscriber_hash_occurred_at_idx ON stats.campaign_activities_2026_12 USING btree (subscriber_hash, occurred_at);
CREATE INDEX campaign_recipients_subscriber_hash_idx ON stats.campaign_recipients USING btree (subscriber_hash);
CREATE INDEX campaign_unsubscribes_subscriber_hash_idx ON stats.campaign_unsubscribes USING btree (subscriber_hash);
CREATE INDEX campaigns_counted_at_idx ON stats.campaigns USING btree (counted_at);
CREATE INDEX campaigns_list_id_sent_at_idx ON stats.campaigns USING btree (list_id, sent_at);
CREATE INDEX campaigns_parent_campaign_id_idx ON stats.campaigns USING btree (parent_campaign_id);
CREATE INDEX campaigns_sent_at_idx ON stats.campaigns USING btree (sent_at);
CREATE INDEX expired_engagement_subscriber_hash_idx ON stats.expired_engagement USING btree (subscriber_hash);
CREATE INDEX link_member_clicks_subscriber_hash_idx ON stats.link_member_clicks USING btree (subscriber_hash);
CREATE INDEX member_activities_occurred_at_idx ON stats.member_activities USING btree (occurred_at);
CREATE INDEX member_activities_subscriber_hash_idx ON stats.member_activities USING btree (subscriber_hash);
CREATE INDEX member_activity_state_subscriber_hash_idx ON stats.member_activity_state USING btree (subscriber_hash);
CREATE INDEX members_subscriber_hash_idx ON stats.members USING btree (subscriber_hash);
CREATE INDEX recipient_engagement_subscriber_hash_idx ON stats.recipient_engagement USING btree (subscriber_hash);
CREATE INDEX stream_state_campaign_id_idx ON stats.stream_state USING btree (campaign_id) WHERE (reconciled_at IS NULL);
CREATE INDEX stream_state_next_reading_at_idx ON stats.stream_state USING btree (next_reading_at) WHERE (next_reading_at IS NOT NULL);
CREATE INDEX campaign_collection_code_idx ON sync.campaign USING btree (collection_code);
CREATE INDEX campaign_gate_campaign_id_gate_id_idx ON sync.campaign_gate USING btree (campaign_id, gate_id DESC);
CREATE INDEX campaign_release_campaign_id_idx ON sync.campaign_release USING btree (campaign_id);
CREATE INDEX collection_run_collection_code_started_at_idx ON sync.collection_run USING btree (collection_code, started_at DESC);
CREATE INDEX consent_proof_contact_id_idx ON sync.consent_proof USING btree (contact_id);
CREATE INDEX consent_proof_list_id_subscriber_hash_justified_at_idx ON sync.consent_proof USING btree (list_id, subscriber_hash, justified_at);
CREATE UNIQUE INDEX consent_proof_one_open ON sync.consent_proof USING btree (list_id, subscriber_hash) WHERE (ended_at IS NULL);
CREATE INDEX consent_proof_subscriber_hash_idx ON sync.consent_proof USING btree (subscriber_hash);
CREATE INDEX erasure_receipt_contact_digest_idx ON sync.erasure_receipt USING btree (contact_digest);
CREATE INDEX former_audience_collection_id_idx ON sync.former_audience USING btree (collection_id);
CREATE INDEX member_list_id_contact_id_idx ON sync.member USING btree (list_id, contact_id);
CREATE INDEX member_subscriber_hash_idx ON sync.member USING btree (subscriber_hash);
CREATE INDEX member_with_intent ON sync.member USING btree (list_id) WHERE (intended_action IS NOT NULL);
CREATE INDEX quarantine_contact_id_idx ON sync.quarantine USING btree (contact_id);
CREATE UNIQUE INDEX quarantine_one_open_fields ON sync.quarantine USING btree (collection_code, contact_id) WHERE ((resolved_at IS NULL) AND (reason_code = 'invalid_field_value'::text));
CREATE UNIQUE INDEX quarantine_one_open_reason ON sync.quarantine USING btree (collection_code, contact_id) WHERE ((resolved_at IS NULL) AND (reason_code <> 'invalid_field_value'::text));
CREATE INDEX rejection_contact_id_idx ON sync.rejection USING btree (contact_id);
CREATE INDEX removal_request_collection_code_plan_id_idx ON sync.removal_request USING btree (collection_code, plan_id) WHERE (decided_at IS NULL);
CREATE INDEX removal_request_member_contact_id_idx ON sync.removal_request_member USING btree (contact_id);
CREATE INDEX removal_request_member_subscriber_hash_idx ON sync.removal_request_member USING btree (subscriber_hash);
CREATE UNIQUE INDEX staged_collection_staging_id_collection_id_idx ON sync.staged_collection USING btree (staging_id, collection_id);
CREATE INDEX staging_run_run_id_idx ON sync.staging_run USING btree (run_id);
CREATE INDEX subscriber_alias_subscriber_hash_idx ON sync.subscriber_alias USING btree (subscriber_hash);
ALTER INDEX staging.consent_contact_id_gdpr_category_idx ATTACH PARTITION staging.consent_11_contact_id_gdpr_category_idx;
ALTER INDEX staging.contact_contact_id_idx ATTACH PARTITION staging.contact_11_contact_id_idx;
ALTER INDEX staging.membership_collection_id_contact_id_idx ATTACH PARTITION staging.membership_11_collection_id_contact_id_idx;
ALTER INDEX staging.plan_collection_id_action_subscriber_hash_idx ATTACH PARTITION staging.plan_11_collection_id_action_subscriber_hash_idx;
ALTER INDEX staging.refusal_address_key_idx ATTACH PARTITION staging.refusal_11_address_key_idx;
ALTER INDEX staging.refusal_contact_id_idx ATTACH PARTITION staging.refusal_11_contact_id_idx;
ALTER INDEX staging.verdict_collection_id_contact_id_idx ATTACH PARTITION staging.verdict_11_collection_id_contact_id_idx;
ALTER INDEX stats.campaign_activities_pkey ATTACH PARTITION stats.campaign_activities_2026_11_pkey;
ALTER INDEX stats.campaign_activities_subscriber_hash_occurred_at_idx ATTACH PARTITION stats.campaign_activities_2026_11_subscriber_hash_occurred_at_idx;
ALTER INDEX stats.campaign_activities_pkey ATTACH PARTITION stats.campaign_activities_2026_12_pkey;
ALTER INDEX stats.campaign_activities_subscriber_hash_occurred_at_idx ATTACH PARTITION stats.campaign_activities_2026_12_subscriber_hash_occurred_at_idx;
CREATE TRIGGER know_list BEFORE INSERT OR UPDATE OF list_id ON stats.campaigns FOR EACH ROW EXECUTE FUNCTION stats.know_list();
CREATE TRIGGER note_deleted AFTER DELETE ON stats.campaign_abuse_reports REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mart.note_rows();
CREATE TRIGGER note_deleted AFTER DELETE ON stats.campaign_activities REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mart.note_event_campaigns();
CREATE TRIGGER note_deleted AFTER DELETE ON stats.campaign_recipients REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mart.note_rows();
CREATE TRIGGER note_deleted AFTER DELETE ON stats.campaign_unsubscribes REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mart.note_rows();
CREATE TRIGGER note_deleted AFTER DELETE ON stats.recipient_engagement REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mart.note_rows();
CREATE TRIGGER note_inserted AFTER INSERT ON stats.campaign_abuse_reports REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mart.note_rows();
CREATE TRIGGER note_inserted AFTER INSERT ON stats.campaign_activities REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mart.note_event_campaigns();
CREATE TRIGGER note_inserted AFTER INSERT ON stats.campaign_recipients REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mart.note_rows();
CREATE TRIGGER note_inserted AFTER INSERT ON stats.campaign_unsubscribes REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mart.note_rows();
CREATE TRIGGER note_inserted AFTER INSERT ON stats.recipient_engagement REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mart.note_rows();
CREATE TRIGGER note_moved AFTER UPDATE ON stats.campaigns FOR EACH ROW WHEN ((((old.sent_at IS DISTINCT FROM new.sent_at) OR (old.counted_at IS DISTINCT FROM new.counted_at)) OR (old.is_ongoing IS DISTINCT FROM new.is_ongoing))) EXECUTE FUNCTION mart.note_campaign();
CREATE TRIGGER note_updated AFTER UPDATE ON stats.campaign_abuse_reports REFERENCING OLD TABLE AS before_change NEW TABLE AS after_change FOR EACH STATEMENT EXECUTE FUNCTION mart.note_updated_rows();
CREATE TRIGGER note_updated AFTER UPDATE ON stats.campaign_activities REFERENCING OLD TABLE AS before_change NEW TABLE AS after_change FOR EACH STATEMENT EXECUTE FUNCTION mart.note_flagged_events();
CREATE TRIGGER note_updated AFTER UPDATE ON stats.campaign_recipients REFERENCING OLD TABLE AS before_change NEW TABLE AS after_change FOR EACH STATEMENT EXECUTE FUNCTION mart.note_updated_rows();
CREATE TRIGGER note_updated AFTER UPDATE ON stats.campaign_unsubscribes REFERENCING OLD TABLE AS before_change NEW TABLE AS after_change FOR EACH STATEMENT EXECUTE FUNCTION mart.note_updated_rows();
CREATE TRIGGER note_updated AFTER UPDATE ON stats.recipient_engagement REFERENCING OLD TABLE AS before_change NEW TABLE AS after_change FOR EACH STATEMENT EXECUTE FUNCTION mart.note_updated_rows();
CREATE TRIGGER note_deleted AFTER DELETE ON sync.member REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mart.note_ledger_rows();
CREATE TRIGGER note_inserted AFTER INSERT ON sync.member REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mart.note_ledger_rows();
CREATE TRIGGER note_updated AFTER UPDATE ON sync.member REFERENCING OLD TABLE AS before_change NEW TABLE AS after_change FOR EACH STATEMENT EXECUTE FUNCTION mart.note_updated_ledger_rows();
ALTER TABLE ONLY mart.campaign_cohort
    ADD CONSTRAINT campaign_cohort_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES stats.campaigns(campaign_id);
ALTER TABLE ONLY mart.campaign_engagement
    ADD CONSTRAINT campaign_engagement_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES stats.campaigns(campaign_id);
ALTER TABLE ONLY mart.campaign_quarter_hours
    ADD CONSTRAINT campaign_quarter_hours_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES stats.campaigns(campaign_id);
ALTER TABLE ONLY mart.contact_engagement
    ADD CONSTRAINT contact_engagement_engagement_key_fkey FOREIGN KEY (engagement_key) REFERENCES mart.contacts(contact_key);
ALTER TABLE ONLY mart.contact_months
    ADD CONSTRAINT contact_months_contact_key_fkey FOREIGN KEY (contact_key) REFERENCES mart.contacts(contact_key);
ALTER TABLE ONLY mart.member_engagement
    ADD CONSTRAINT member_engagement_list_id_subscriber_hash_fkey FOREIGN KEY (list_id, subscriber_hash) REFERENCES mart.members(list_id, subscriber_hash);
ALTER TABLE ONLY mart.member_frequency
    ADD CONSTRAINT member_frequency_list_id_subscriber_hash_fkey FOREIGN KEY (list_id, subscriber_hash) REFERENCES mart.member_engagement(list_id, subscriber_hash) ON DELETE CASCADE;
ALTER TABLE ONLY mart.members
    ADD CONSTRAINT members_contact_key_fkey FOREIGN KEY (contact_key) REFERENCES mart.contacts(contact_key);
ALTER TABLE ONLY mart.members
    ADD CONSTRAINT members_list_id_fkey FOREIGN KEY (list_id) REFERENCES stats.lists(list_id);
ALTER TABLE ONLY mart.members
    ADD CONSTRAINT members_list_id_subscriber_hash_fkey FOREIGN KEY (list_id, subscriber_hash) REFERENCES stats.members(list_id, subscriber_hash);
ALTER TABLE ONLY stats.accepted_difference
    ADD CONSTRAINT accepted_difference_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES stats.campaigns(campaign_id);
ALTER TABLE ONLY stats.accepted_difference
    ADD CONSTRAINT accepted_difference_metric_fkey FOREIGN KEY (metric) REFERENCES stats.metric(metric);
ALTER TABLE ONLY stats.audience_activity
    ADD CONSTRAINT audience_activity_list_id_fkey FOREIGN KEY (list_id) REFERENCES stats.lists(list_id);
ALTER TABLE ONLY stats.audience_growth
    ADD CONSTRAINT audience_growth_list_id_fkey FOREIGN KEY (list_id) REFERENCES stats.lists(list_id);
ALTER TABLE ONLY stats.campaign_abuse_reports
    ADD CONSTRAINT campaign_abuse_reports_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES stats.campaigns(campaign_id);
ALTER TABLE ONLY stats.campaign_abuse_reports
    ADD CONSTRAINT campaign_abuse_reports_list_id_subscriber_hash_fkey FOREIGN KEY (list_id, subscriber_hash) REFERENCES stats.members(list_id, subscriber_hash);
ALTER TABLE stats.campaign_activities
    ADD CONSTRAINT campaign_activities_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES stats.campaigns(campaign_id);
ALTER TABLE stats.campaign_activities
    ADD CONSTRAINT campaign_activities_list_id_subscriber_hash_fkey FOREIGN KEY (list_id, subscriber_hash) REFERENCES stats.members(list_id, subscriber_hash);
ALTER TABLE ONLY stats.campaign_recipients
    ADD CONSTRAINT campaign_recipients_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES stats.campaigns(campaign_id);
ALTER TABLE ONLY stats.campaign_recipients
    ADD CONSTRAINT campaign_recipients_list_id_subscriber_hash_fkey FOREIGN KEY (list_id, subscriber_hash) REFERENCES stats.members(list_id, subscriber_hash);
ALTER TABLE ONLY stats.campaign_unsubscribes
    ADD CONSTRAINT campaign_unsubscribes_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES stats.campaigns(campaign_id);
ALTER TABLE ONLY stats.campaign_unsubscribes
    ADD CONSTRAINT campaign_unsubscribes_list_id_subscriber_hash_fkey FOREIGN KEY (list_id, subscriber_hash) REFERENCES stats.members(list_id, subscriber_hash);
ALTER TABLE ONLY stats.campaigns
    ADD CONSTRAINT campaigns_list_id_fkey FOREIGN KEY (list_id) REFERENCES stats.lists(list_id);
ALTER TABLE ONLY stats.domain_performance
    ADD CONSTRAINT domain_performance_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES stats.campaigns(campaign_id);
ALTER TABLE ONLY stats.expired_engagement
    ADD CONSTRAINT expired_engagement_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES stats.campaigns(campaign_id);
ALTER TABLE ONLY stats.expired_engagement
    ADD CONSTRAINT expired_engagement_list_id_subscriber_hash_fkey FOREIGN KEY (list_id, subscriber_hash) REFERENCES stats.members(list_id, subscriber_hash);
ALTER TABLE ONLY stats.expired_events
    ADD CONSTRAINT expired_events_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES stats.campaigns(campaign_id);
ALTER TABLE ONLY stats.link_clicks
    ADD CONSTRAINT link_clicks_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES stats.campaigns(campaign_id);
ALTER TABLE ONLY stats.link_member_clicks
    ADD CONSTRAINT link_member_clicks_campaign_id_link_id_fkey FOREIGN KEY (campaign_id, link_id) REFERENCES stats.link_clicks(campaign_id, link_id);
ALTER TABLE ONLY stats.link_member_clicks
    ADD CONSTRAINT link_member_clicks_list_id_subscriber_hash_fkey FOREIGN KEY (list_id, subscriber_hash) REFERENCES stats.members(list_id, subscriber_hash);
ALTER TABLE ONLY stats.list_state
    ADD CONSTRAINT list_state_list_id_fkey FOREIGN KEY (list_id) REFERENCES stats.lists(list_id);
ALTER TABLE ONLY stats.member_activities
    ADD CONSTRAINT member_activities_list_id_subscriber_hash_fkey FOREIGN KEY (list_id, subscriber_hash) REFERENCES stats.members(list_id, subscriber_hash);
ALTER TABLE ONLY stats.member_activity_state
    ADD CONSTRAINT member_activity_state_list_id_subscriber_hash_fkey FOREIGN KEY (list_id, subscriber_hash) REFERENCES stats.members(list_id, subscriber_hash);
ALTER TABLE ONLY stats.members
    ADD CONSTRAINT members_list_id_fkey FOREIGN KEY (list_id) REFERENCES stats.lists(list_id);
ALTER TABLE ONLY stats.open_locations
    ADD CONSTRAINT open_locations_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES stats.campaigns(campaign_id);
ALTER TABLE ONLY stats.recipient_engagement
    ADD CONSTRAINT recipient_engagement_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES stats.campaigns(campaign_id);
ALTER TABLE ONLY stats.recipient_engagement
    ADD CONSTRAINT recipient_engagement_list_id_subscriber_hash_fkey FOREIGN KEY (list_id, subscriber_hash) REFERENCES stats.members(list_id, subscriber_hash);
ALTER TABLE ONLY stats.reconciliation
    ADD CONSTRAINT reconciliation_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES stats.campaigns(campaign_id);
ALTER TABLE ONLY stats.reconciliation
    ADD CONSTRAINT reconciliation_metric_fkey FOREIGN KEY (metric) REFERENCES stats.metric(metric);
ALTER TABLE ONLY stats.report_snapshots
    ADD CONSTRAINT report_snapshots_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES stats.campaigns(campaign_id);
ALTER TABLE ONLY stats.report_snapshots
    ADD CONSTRAINT report_snapshots_list_id_fkey FOREIGN KEY (list_id) REFERENCES stats.lists(list_id);
ALTER TABLE ONLY stats.stream_state
    ADD CONSTRAINT stream_state_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES stats.campaigns(campaign_id);
ALTER TABLE ONLY stats.sub_report_snapshots
    ADD CONSTRAINT sub_report_snapshots_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES stats.campaigns(campaign_id);
ALTER TABLE ONLY stats.sub_report_snapshots
    ADD CONSTRAINT sub_report_snapshots_list_id_fkey FOREIGN KEY (list_id) REFERENCES stats.lists(list_id);
ALTER TABLE ONLY sync.campaign_release
    ADD CONSTRAINT campaign_release_gate_id_fkey FOREIGN KEY (gate_id) REFERENCES sync.campaign_gate(gate_id);
ALTER TABLE ONLY sync.quarantine
    ADD CONSTRAINT quarantine_reason_code_fkey FOREIGN KEY (reason_code) REFERENCES sync.reason(reason_code);
ALTER TABLE ONLY sync.removal_request_member
    ADD CONSTRAINT removal_request_member_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES sync.removal_request(plan_id) ON DELETE CASCADE;
ALTER TABLE ONLY sync.staged_collection
    ADD CONSTRAINT staged_collection_staging_id_fkey FOREIGN KEY (staging_id) REFERENCES sync.staging_run(staging_id);
ALTER TABLE ONLY sync.staging_invariant
    ADD CONSTRAINT staging_invariant_staging_id_fkey FOREIGN KEY (staging_id) REFERENCES sync.staging_run(staging_id);
