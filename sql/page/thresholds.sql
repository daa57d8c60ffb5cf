-- How the newest judged run of each collection was, by the thresholds of a sync.
select
    collection_code,
    staged,
    held_back,
    expired,
    sent,
    rejected,
    most_held_back,
    most_expired,
    most_rejected,
    too_many,
    above_since,
    judged_at
from sync.collection_health
order by collection_code;
