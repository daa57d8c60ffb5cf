-- Members refused for want of a required value are tried again by the next plan, once none of the
-- fields that Mailchimp named is required any more.
update sync.rejection
set retryable = true
where
    list_id = %(list_id)s
    and kind = 'merge_field'
    and not retryable
    and message ilike '%%enter a value%%'
    and not exists (
        select from unnest(%(required_tags)s::text[]) as required (tag)
        where strpos(rejection.message, required.tag) > 0
    )
