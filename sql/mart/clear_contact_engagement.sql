delete from mart.contact_engagement as kept
using changed_contact as changed
where kept.engagement_key = changed.contact_key;
