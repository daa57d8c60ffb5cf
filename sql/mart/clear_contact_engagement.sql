delete from mart.contact_engagement as kept
using changed_contact as changed
where kept.contact_key = changed.contact_key;
