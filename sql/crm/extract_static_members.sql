select
    %(staging_id)s::bigint as staging_id,
    member.collection_id::bigint as collection_id,
    member.contact_id::bigint as contact_id
from crm.collection_member as member
inner join crm.contact as contact on member.contact_id = contact.contact_id
where
    member.collection_id = any(%(collection_ids)s::bigint[])
    and mod(member.contact_id::numeric, 1) = 0
    and abs(member.contact_id::numeric) < 9223372036854775808
group by member.collection_id, member.contact_id
