-- Somebody deleted a member in Mailchimp, and the person signed up there since. That is another member, under
-- another contact id, and without the tags of the deleted one. Nobody took those by hand.
delete from sync.tag_member as tagged
using observed_member as observed, sync.member as known
where
    tagged.list_id = observed.list_id
    and tagged.subscriber_hash = observed.subscriber_hash
    and known.list_id = observed.list_id
    and known.subscriber_hash = observed.subscriber_hash
    and (
        observed.remote_contact_id <> known.remote_contact_id
        or (
            known.remote_contact_id is null
            and observed.origin = 'foreign'
            and known.origin <> 'foreign'
        )
    )
