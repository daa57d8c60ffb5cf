select
    count(*) filter (where difference = 0) as agreeing,
    count(*) filter (where difference <> 0 and unexplained = 0) as explained,
    count(*) filter (where unexplained <> 0) as unexplained,
    count(*) filter (where explanation = 'left_out_rows') as left_out
from stats.reconciliation;
