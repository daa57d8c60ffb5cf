-- After a loss of the state the sync takes a tag from somebody, before it has looked who had lost the tag by
-- hand. Then nobody took it by hand.
alter table sync.member add column taken_after_loss bigint[] not null default '{}';
comment on column sync.member.taken_after_loss is
'After a loss of sync: collections whose tag the sync took from the member before anybody looked. '
'The looking is for members that had lost the tag by hand.';

-- Tags that were taken by hand: their proofs of consent went on.
update sync.consent_proof as proof
set ended_at = tagged.taken_by_hand_at, end_cause = 'tag_taken'
from sync.tag_member as tagged
inner join sync.tag as tag on tagged.list_id = tag.list_id and tagged.collection_id = tag.collection_id
where
    tagged.taken_by_hand_at is not null
    and proof.list_id = tagged.list_id
    and proof.subscriber_hash = tagged.subscriber_hash
    and proof.collection_code = tag.collection_code
    and proof.ended_at is null;
