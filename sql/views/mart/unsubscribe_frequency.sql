create or replace view mart.unsubscribe_frequency as
select
    mails_in_30_days,
    sum(mails)::bigint as mails,
    sum(unsubscribes)::bigint as unsubscribes,
    round(sum(unsubscribes) / sum(mails), 6) as unsubscribe_rate
from mart.member_frequency
group by mails_in_30_days;
comment on view mart.unsubscribe_frequency is
'Whether more mail drives people away. A mail counts as a member''s first, second, and so on, in 30 days '
'in one audience. The rate is the share of these mails after which the member left before the next mail. '
'The rate counts mails, not members. So members who leave early do not distort it. Equal rates in all rows '
'mean that the number of mails makes no difference. Only unsubscribes through campaigns count. We count the '
'newest mail at once, although some of its unsubscribes may still come.';
comment on column mart.unsubscribe_frequency.mails_in_30_days is
'Mails of the audience that the member received in the 30 days up to this mail, this mail included. The '
'number is 1 to 10, and 10 means 10 or more.';
comment on column mart.unsubscribe_frequency.mails is
'Number of mails whose mails_in_30_days has this value, over all members.';
comment on column mart.unsubscribe_frequency.unsubscribes is
'Unsubscribes at or after these mails and before the next mail, through any mail of the audience.';
comment on column mart.unsubscribe_frequency.unsubscribe_rate is 'unsubscribes per mail (0 to 1).';
