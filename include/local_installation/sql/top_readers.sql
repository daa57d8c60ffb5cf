-- The most frequent readers and clickers, by contact id, never by address.
select
    contact_id,
    campaigns_received,
    campaigns_opened,
    opens,
    clicks,
    first_open_at,
    last_open_at
from mart.contact_engagement
where contact_id is not null and opens > 0
order by opens desc, clicks desc, contact_id asc
limit %(most)s;
