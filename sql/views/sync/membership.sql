create or replace view sync.membership as
select
    audience.list_id,
    member.subscriber_hash,
    audience.collection_code,
    member.contact_id,
    audience.collection_id,
    audience.account
from sync.audience as audience
inner join sync.member as member on audience.list_id = member.list_id
where
    member.contact_id is not null
    and not exists (
        select from sync.tag
        where tag.shared_id = audience.collection_id
    )
union all
select
    tag.list_id,
    tagged.subscriber_hash,
    tag.collection_code,
    tagged.contact_id,
    tag.collection_id,
    shared.account
from sync.tag as tag
inner join sync.tag_member as tagged
    on tag.list_id = tagged.list_id and tag.collection_id = tagged.collection_id
left join sync.audience as shared on tag.list_id = shared.list_id
where tag.left_at is null and tagged.taken_by_hand_at is null;
comment on view sync.membership is
'Which contact of which collection is which member. One row is a collection and a member. sync.member has '
'the member''s status. In an own audience it is each contact that is or was a member, also archived. In a '
'shared audience it is who has the collection''s tag.';
comment on column sync.membership.list_id is 'Audience in Mailchimp.';
comment on column sync.membership.subscriber_hash is 'Member id of the address.';
comment on column sync.membership.collection_code is 'Code of the collection.';
comment on column sync.membership.contact_id is
'Contact of the CRM; null if a tag was given by hand to a member that is not ours.';
comment on column sync.membership.collection_id is 'Collection of the CRM.';
comment on column sync.membership.account is 'Account of the audience: id of its connection in Airflow.';
