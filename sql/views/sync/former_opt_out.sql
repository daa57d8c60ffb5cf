create or replace view sync.former_opt_out as
select distinct
    former.collection_id,
    member.subscriber_hash,
    member.contact_id
from sync.former_audience as former
inner join sync.member as member on former.list_id = member.list_id
where member.opted_out;
comment on view sync.former_opt_out is 'Who opted out of a collection''s former audiences.';
