select
    %(staging_id)s::bigint as staging_id,
    member.collection_id,
    member.contact_id
from crm.collection_member as member
inner join crm.contact as contact on member.contact_id = contact.contact_id
where member.collection_id = any(%(collection_ids)s::bigint[])
group by member.collection_id, member.contact_id
