select
    count(*) filter (where difference = 0) as agreeing,
    count(*) filter (where difference <> 0 and unexplained = 0) as explained,
    count(*) filter (where unexplained <> 0) as unexplained
from stats.reconciliation;
