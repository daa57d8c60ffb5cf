create or replace trigger note_moved after update on stats.campaigns
for each row
when (
    (old.sent_at, old.counted_at, old.is_ongoing)
    is distinct from (new.sent_at, new.counted_at, new.is_ongoing)
)
execute function mart.note_campaign();
