update sync.member
set cause = 'forgotten', pushed_hash = null
where list_id = %(list_id)s and subscriber_hash = %(subscriber_hash)s
