create or replace view mart.audience_cohorts as
select
    campaign.list_id,
    cohort.cohort_month,
    (
        extract(year from age(cohort.month, cohort.cohort_month)) * 12
        + extract(month from age(cohort.month, cohort.cohort_month))
    )::integer as months_since_first,
    sum(cohort.delivered)::bigint as delivered,
    sum(cohort.openers)::bigint as openers,
    sum(cohort.human_openers)::bigint as openers_without_proxy,
    sum(cohort.clickers)::bigint as clickers,
    sum(cohort.unsubscribes)::bigint as unsubscribes,
    round(sum(cohort.openers) / nullif(sum(cohort.delivered), 0), 4) as open_rate,
    round(sum(cohort.human_openers) / nullif(sum(cohort.delivered), 0), 4) as open_rate_without_proxy,
    round(sum(cohort.clickers) / nullif(sum(cohort.delivered), 0), 4) as click_rate,
    sum(cohort.human_clickers)::bigint as clickers_without_bots,
    round(sum(cohort.human_clickers) / nullif(sum(cohort.delivered), 0), 4) as click_rate_without_bots
from mart.campaign_cohort as cohort
inner join stats.campaigns as campaign on cohort.campaign_id = campaign.campaign_id
group by campaign.list_id, cohort.cohort_month, cohort.month;
comment on view mart.audience_cohorts is
'How members who began in the same month go on reading. One row is an audience, a first month and a later '
'month. Mails without a known time of receipt are left out.';
comment on column mart.audience_cohorts.list_id is 'Audience: mart.lists.';
comment on column mart.audience_cohorts.cohort_month is
'Month of the members'' first campaign in the audience: its first day, in the report time zone.';
comment on column mart.audience_cohorts.months_since_first is
'Whole months from cohort_month to the month of the mails; 0 is the same month.';
comment on column mart.audience_cohorts.delivered is 'Mails delivered to the cohort in that month.';
comment on column mart.audience_cohorts.openers is 'Delivered mails that a member opened; proxies included.';
comment on column mart.audience_cohorts.openers_without_proxy is
'Delivered mails with at least one open that is not known to be by a proxy.';
comment on column mart.audience_cohorts.clickers is 'Delivered mails in which a member clicked.';
comment on column mart.audience_cohorts.unsubscribes is
'Delivered mails through which a member unsubscribed.';
comment on column mart.audience_cohorts.open_rate is
'openers per delivered mail (0 to 1); null if nothing was delivered.';
comment on column mart.audience_cohorts.open_rate_without_proxy is
'openers_without_proxy per delivered mail (0 to 1); null if nothing was delivered.';
comment on column mart.audience_cohorts.click_rate is
'clickers per delivered mail (0 to 1); null if nothing was delivered.';
comment on column mart.audience_cohorts.clickers_without_bots is
'Delivered mails with at least one click that is not of a scanner.';
comment on column mart.audience_cohorts.click_rate_without_bots is
'clickers_without_bots per delivered mail (0 to 1); null if nothing was delivered.';
