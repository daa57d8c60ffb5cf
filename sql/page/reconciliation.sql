-- Our counts of a campaign beside Mailchimp's.
select
    compared.metric,
    compared.ours,
    compared.mailchimps,
    compared.difference,
    compared.unexplained,
    compared.checked_at
from stats.reconciliation as compared
where compared.campaign_id = %(campaign_id)s
order by abs(compared.unexplained) desc, compared.metric asc;
