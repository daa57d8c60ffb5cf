delete from mart.contacts as kept
using changed_contact as changed
where
    kept.contact_key = changed.contact_key
    and not exists (
        select from mart.members as member
        where member.contact_key = kept.contact_key
    );
