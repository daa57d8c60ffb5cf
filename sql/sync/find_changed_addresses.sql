-- The person changed the address in Mailchimp's own form: the member has another id, and Mailchimp's
-- contact_id stays. The member keeps its contact, its origin and its proof under the new id.
insert into readdressed_member (list_id, old_hash, new_hash, contact_id, last_changed)
select distinct on (member.list_id, member.subscriber_hash)
    member.list_id,
    member.subscriber_hash as old_hash,
    observed.subscriber_hash as new_hash,
    member.contact_id,
    observed.last_changed
from observed_member as observed
inner join sync.member as member
    on
        observed.list_id = member.list_id
        and observed.remote_contact_id = member.remote_contact_id
        and observed.subscriber_hash <> member.subscriber_hash
where observed.last_changed >= coalesce(member.last_changed, '-infinity')
order by member.list_id asc, member.subscriber_hash asc, observed.last_changed desc
