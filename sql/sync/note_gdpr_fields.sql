-- Whether an audience has GDPR fields, as Mailchimp says of the audience itself.
insert into sync.gdpr_audience as audience (list_id, is_on)
select
    %(list_id)s::text as list_id,
    true as is_on
where %(has_permissions)s
on conflict (
    list_id) do update set is_on = true
where not audience.is_on
