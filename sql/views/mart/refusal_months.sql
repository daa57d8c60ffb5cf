create or replace view mart.refusal_months as
select
    refusal.list_id,
    refusal.kind,
    date_trunc(
        'month', coalesce(refusal.refused_at, refusal.known_at) at time zone setting.report_time_zone
    )::date as month,
    count(*) as refusals,
    count(refusal.ended_at) as ended
from sync.refusal as refusal
cross join mart.setting as setting
group by refusal.list_id, refusal.kind, month;
comment on view mart.refusal_months is
'Fact: refusals of people, by audience, kind and month. A refusal forbids mailing the person. Ended refusals '
'count as long as retention keeps them.';
comment on column mart.refusal_months.list_id is
'The audience in which the refusal became known: mart.lists.';
comment on column mart.refusal_months.kind is
'unsubscribed, complaint, compliance, forgotten, archived_by_hand, withdrawal, unconfirmed, '
'permission_taken_back, tag_taken: docs/data_protection.md.';
comment on column mart.refusal_months.month is
'First day of the month of the refusal in the report time zone. If Mailchimp gives no time, of the month in '
'which it became known.';
comment on column mart.refusal_months.refusals is 'Refusals.';
comment on column mart.refusal_months.ended is
'Of these, refusals that the person ended by signing up or confirming.';
