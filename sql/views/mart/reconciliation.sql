create or replace view mart.reconciliation as
select
    compared.campaign_id,
    campaign.list_id,
    compared.metric,
    compared.ours,
    compared.mailchimps,
    compared.difference,
    compared.unexplained,
    compared.unexplained_since,
    compared.explanation,
    compared.checked_at
from stats.reconciliation as compared
inner join stats.campaigns as campaign on compared.campaign_id = campaign.campaign_id;
comment on view mart.reconciliation is
'Fact: our figures beside Mailchimp''s, by campaign and metric, after the newest load. The parts of each '
'explanation are in stats.reconciliation.';
comment on column mart.reconciliation.campaign_id is 'The campaign: mart.campaigns.';
comment on column mart.reconciliation.list_id is 'The audience: mart.lists; null if Mailchimp names none.';
comment on column mart.reconciliation.metric is 'What is counted: stats.metric.';
comment on column mart.reconciliation.ours is 'Our count.';
comment on column mart.reconciliation.mailchimps is 'Figure of Mailchimp''s report.';
comment on column mart.reconciliation.difference is 'Mailchimp''s figure less ours.';
comment on column mart.reconciliation.unexplained is 'Part of the difference that nothing explains.';
comment on column mart.reconciliation.unexplained_since is
'Since when a part is unexplained; null: no part is.';
comment on column mart.reconciliation.explanation is
'Why they differ: docs/stats.md, section "Do the figures add up?". Null when equal.';
comment on column mart.reconciliation.checked_at is 'When they were compared.';
