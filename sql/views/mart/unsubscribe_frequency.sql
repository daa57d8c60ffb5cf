create or replace view mart.unsubscribe_frequency as
select
    mails_in_30_days,
    sum(mails)::bigint as mails,
    sum(unsubscribes)::bigint as unsubscribes,
    round(sum(unsubscribes) / sum(mails), 6) as unsubscribe_rate
from mart.member_frequency
group by mails_in_30_days;
comment on view mart.unsubscribe_frequency is
'Whether more mail drives people away: of the mails that were a member''s first, second and so on of the '
'audience within 30 days, the part after which the member left before the next one came. Per mail received, '
'so that who leaves early and gets no more mail does not count as somebody who got little. A rate that is '
'the same in each row says that the number of mails makes no difference. Counted are unsubscribes through '
'campaigns; the newest mail counts from the day it is sent, before everybody it drives away has left.';
comment on column mart.unsubscribe_frequency.mails_in_30_days is
'Mails of the audience that arrived within the 30 days up to this one, itself included; 10 stands for 10 or '
'more.';
comment on column mart.unsubscribe_frequency.mails is 'Mails that were the so manieth for who got them.';
comment on column mart.unsubscribe_frequency.unsubscribes is
'Unsubscribes at or after them and before the next mail, whichever mail''s link was used.';
comment on column mart.unsubscribe_frequency.unsubscribe_rate is 'unsubscribes per mail (0 to 1).';
