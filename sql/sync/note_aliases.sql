-- Members whose id in Mailchimp is not the md5 of our form of their address.
insert into sync.subscriber_alias (address_hash, subscriber_hash)
select distinct on (address_hash)
    address_hash,
    subscriber_hash
from observed_member
where address_hash <> subscriber_hash
order by address_hash asc, last_changed desc
on conflict (address_hash) do update set subscriber_hash = excluded.subscriber_hash
