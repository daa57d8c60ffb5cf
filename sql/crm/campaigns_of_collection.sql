-- Ids of a collection's campaigns. One without a usable id has no row, as in sql/crm/campaign_codes.sql.
select distinct campaign_id::bigint as campaign_id
from crm.campaign
where
    collection_id = %(collection_id)s
    and mod(campaign_id::numeric, 1) = 0
    and abs(campaign_id::numeric) < 9223372036854775808
