-- Members rejected because a required value is missing. The next plan tries them again when none of the
-- fields that Mailchimp named is required.
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
