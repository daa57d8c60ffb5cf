create or replace trigger note_limits after update on mart.segment_rule
for each row
when (
    (
        old.bot_fewest_links, old.bot_link_share, old.bot_seconds_per_link, old.bot_delivery_seconds,
        old.bot_early_seconds, old.bot_open_seconds, old.bot_network_people, old.bot_network_seconds
    )
    is distinct from (
        new.bot_fewest_links, new.bot_link_share, new.bot_seconds_per_link, new.bot_delivery_seconds,
        new.bot_early_seconds, new.bot_open_seconds, new.bot_network_people, new.bot_network_seconds
    )
)
execute function mart.note_limits();
