-- What the marts are caught up from: a star schema in mart whose tables grow with history and are
-- counted anew only where something changed. Names follow Fivetran's Mailchimp models where they fit:
-- campaigns, campaign_recipients, campaign_activities, members, lists.

create table mart.setting (
    only_row boolean primary key default true check (only_row),
    report_time_zone text not null default 'UTC',
    rebuild boolean not null default true,
    refreshed_at timestamptz
);
insert into mart.setting default values;
comment on table mart.setting is
'One row: how days are cut, and whether the marts are to be counted from nothing.';
comment on column mart.setting.only_row is 'Always true.';
comment on column mart.setting.report_time_zone is 'Time zone whose days, months and hours the marts show.';
comment on column mart.setting.rebuild is 'True: the next refresh counts everything anew, whatever changed.';
comment on column mart.setting.refreshed_at is 'When the marts were last refreshed.';

-- ---------------------------------------------------------------- when a mail was received

-- Mailchimp's lists of recipients carry no times: what is known of a mail tells, as far as it does.
create function mart.received_at(
    campaign stats.campaigns, recipient stats.campaign_recipients, first_event_at timestamptz
) returns timestamptz
language sql stable as $$
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
comment on function mart.received_at is
'When a mail was received. A campaign''s time of sending counts for all but campaigns without an end. Of '
'those: the newest look before the recipient was listed, where it was at most two days earlier; else the '
'first thing the recipient did with the mail; else null, for nothing tells.';

-- ---------------------------------------------------------------- what has changed

create table mart.changed_member (
    list_id text not null,
    subscriber_hash text not null
);
comment on table mart.changed_member is
'Members to be counted anew by the next refresh; repeated at will. No foreign key: who is gone is noted too.';
comment on column mart.changed_member.list_id is 'The audience.';
comment on column mart.changed_member.subscriber_hash is 'The member: md5 of the lower-cased address.';

create table mart.changed_campaign (
    campaign_id text not null
);
comment on table mart.changed_campaign is
'Campaigns to be counted anew by the next refresh; repeated at will. No foreign key: notes cost as little as '
'they can.';
comment on column mart.changed_campaign.campaign_id is 'The campaign.';

-- Noted in the transaction that makes the change: what is committed is noted, what is not is not,
-- and no clock is involved.
create function mart.note_rows() returns trigger
language plpgsql as $$
begin
    insert into mart.changed_member (list_id, subscriber_hash)
    select distinct list_id, subscriber_hash from changed where list_id is not null;
    insert into mart.changed_campaign (campaign_id) select distinct campaign_id from changed;
    return null;
end
$$;
comment on function mart.note_rows is 'Notes the members and campaigns of inserted or deleted rows.';

create function mart.note_updated_rows() returns trigger
language plpgsql as $$
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
comment on function mart.note_updated_rows is
'Notes the members and campaigns of rows before and after a change.';

create function mart.note_event_campaigns() returns trigger
language plpgsql as $$
begin
    insert into mart.changed_campaign (campaign_id) select distinct campaign_id from changed;
    return null;
end
$$;
comment on function mart.note_event_campaigns is 'Notes the campaigns of events.';

create function mart.note_flagged_events() returns trigger
language plpgsql as $$
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
comment on function mart.note_flagged_events is
'Notes the campaigns of events that count otherwise now; an IP address that retention clears does not.';

create function mart.note_ledger_rows() returns trigger
language plpgsql as $$
begin
    insert into mart.changed_member (list_id, subscriber_hash)
    select list_id, subscriber_hash from changed;
    return null;
end
$$;
comment on function mart.note_ledger_rows is
'Notes members that came into or went out of the sync''s ledger.';

create function mart.note_updated_ledger_rows() returns trigger
language plpgsql as $$
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
comment on function mart.note_updated_ledger_rows is
'Notes members whose contact or status changed in the ledger.';

create function mart.note_campaign() returns trigger
language plpgsql as $$
begin
    insert into mart.changed_campaign (campaign_id) values (new.campaign_id);
    insert into mart.changed_member (list_id, subscriber_hash)
    select distinct list_id, subscriber_hash from stats.campaign_recipients
    where campaign_id = new.campaign_id and list_id is not null;
    return null;
end
$$;
comment on function mart.note_campaign is
'Notes everyone who got a campaign that now counts at another moment.';

do $$
declare
    noted regclass;
begin
    foreach noted in array array[
        'stats.campaign_recipients', 'stats.recipient_engagement', 'stats.campaign_unsubscribes',
        'stats.campaign_abuse_reports'
    ]::regclass[] loop
        execute format(
            'create trigger note_inserted after insert on %s referencing new table as changed'
            ' for each statement execute function mart.note_rows()', noted
        );
        execute format(
            'create trigger note_deleted after delete on %s referencing old table as changed'
            ' for each statement execute function mart.note_rows()', noted
        );
        execute format(
            'create trigger note_updated after update on %s'
            ' referencing old table as before_change new table as after_change'
            ' for each statement execute function mart.note_updated_rows()', noted
        );
    end loop;
end
$$;
create trigger note_inserted after insert on stats.campaign_activities referencing new table as changed
for each statement execute function mart.note_event_campaigns();
create trigger note_deleted after delete on stats.campaign_activities referencing old table as changed
for each statement execute function mart.note_event_campaigns();
create trigger note_updated after update on stats.campaign_activities
referencing old table as before_change new table as after_change
for each statement execute function mart.note_flagged_events();
create trigger note_inserted after insert on sync.member referencing new table as changed
for each statement execute function mart.note_ledger_rows();
create trigger note_deleted after delete on sync.member referencing old table as changed
for each statement execute function mart.note_ledger_rows();
create trigger note_updated after update on sync.member
referencing old table as before_change new table as after_change
for each statement execute function mart.note_updated_ledger_rows();
create trigger note_moved after update on stats.campaigns
for each row
when (
    (old.sent_at, old.counted_at, old.is_ongoing)
    is distinct from (new.sent_at, new.counted_at, new.is_ongoing)
)
execute function mart.note_campaign();

-- ---------------------------------------------------------------- members and contacts

create table mart.contacts (
    contact_key text primary key,
    contact_id bigint unique,
    subscriber_hash text,
    audiences bigint not null,
    current_audiences bigint not null,
    cleaned_audiences bigint not null,
    is_erased boolean not null,
    check ((contact_id is null) <> (subscriber_hash is null))
);
comment on table mart.contacts is
'People: contacts of the CRM by the sync''s ledger, and each member that the CRM does not know.';
comment on column mart.contacts.contact_key is 'Key of the row: contact <id>, or member <hash>.';
comment on column mart.contacts.contact_id is
'Contact of the CRM; null if the member is not ours. Contacts may share an address: all its history is with '
'the contact that represents it today (stats.recipient_contact tells who did at each sending).';
comment on column mart.contacts.subscriber_hash is
'The member, where no contact is known. No foreign key: it may be in several audiences.';
comment on column mart.contacts.audiences is 'Audiences the person is or was in.';
comment on column mart.contacts.current_audiences is 'Of them, those the person is still in.';
comment on column mart.contacts.cleaned_audiences is
'Of them, those that Mailchimp took the address out of because it bounced.';
comment on column mart.contacts.is_erased is
'Whether the person was erased: the row is nobody''s, and only keeps totals true.';

create table mart.members (
    list_id text not null references stats.lists,
    subscriber_hash text not null,
    contact_key text not null references mart.contacts,
    contact_id bigint,
    status text not null,
    in_audience boolean not null,
    in_ledger boolean not null,
    origin text,
    primary key (list_id, subscriber_hash),
    foreign key (list_id, subscriber_hash) references stats.members
);
create index on mart.members (contact_key);
create index on mart.members (contact_id);
create index on mart.members (subscriber_hash);
comment on table mart.members is
'Members of audiences: everyone in the sync''s ledger, and everyone a report ever named.';
comment on column mart.members.list_id is 'The audience.';
comment on column mart.members.subscriber_hash is 'The member: md5 of the lower-cased address.';
comment on column mart.members.contact_key is 'The person.';
comment on column mart.members.contact_id is
'Contact of the CRM that the member stands for today, also for all it did before; null if the member is not '
'ours. Who it stood for at a sending: stats.recipient_contact.';
comment on column mart.members.status is
'Last known status: by the ledger, unless a report tells of a later unsubscribe, complaint or hard bounce; '
'for members outside the ledger by reports alone, where deleted is whom reports list no more and erased who '
'was erased; unknown for who did something with a mail that Mailchimp has not listed them for.';
comment on column mart.members.in_audience is 'Whether the member is subscribed, or asked to confirm.';
comment on column mart.members.in_ledger is 'Whether the sync knows the member.';
comment on column mart.members.origin is 'created, adopted or foreign, by the ledger; null outside it.';
