select
    count(*) filter (where difference = 0) as agreeing,
    count(*) filter (where difference <> 0 and explanation <> 'unexplained') as explained,
    count(*) filter (where difference <> 0 and explanation = 'unexplained') as unexplained
from stats.reconciliation;
