-- Ids under which Mailchimp keeps an address, besides the md5 of our form of it.
select subscriber_hash from sync.subscriber_alias
where address_hash = any(%(subscriber_hashes)s::text[])
