-- What makes a warehouse the same installation as a backup. No row: one of both is lost.
select
    installation.installation_id::text as installation_id,
    suppression_key.hmac_key
from sync.installation as installation
cross join sync.suppression_key as suppression_key
