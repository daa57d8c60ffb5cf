select distinct contact_id
from staging.membership
where staging_id = %(staging_id)s and contact_id > %(after)s
order by contact_id
limit %(batch)s
