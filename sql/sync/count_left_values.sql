-- Members of an audience that may have values in former fields. Mailchimp changes no archived member.
select
    count(*) filter (where left_values = 'waiting' and status <> 'archived') as waiting,
    count(*) filter (where left_values = 'waiting' and status = 'archived') as archived,
    count(*) filter (where left_values = 'refused') as refused
from sync.member
where list_id = %(list_id)s and left_values is not null and cause is distinct from 'forgotten'
