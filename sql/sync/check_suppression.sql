select
    to_regclass('sync.suppression') is not null as has_list,
    to_regclass('sync.suppression_key') is not null as has_key,
    to_regclass('sync.installation') is not null as has_marker
