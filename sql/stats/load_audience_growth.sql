insert into stats.audience_growth (
    list_id, month, subscribed, unsubscribed, reconfirm, cleaned, pending, deleted, transactional,
    existing, imports, optins, extra
)
select distinct on (landed.month)
    %(list_id)s,
    landed.month,
    landed.subscribed,
    landed.unsubscribed,
    landed.reconfirm,
    landed.cleaned,
    landed.pending,
    landed.deleted,
    landed.transactional,
    landed.existing,
    landed.imports,
    landed.optins,
    landed.extra
from landing_audience_growth as landed
order by landed.month
on conflict (list_id, month) do update set
    subscribed = excluded.subscribed,
    unsubscribed = excluded.unsubscribed,
    reconfirm = excluded.reconfirm,
    cleaned = excluded.cleaned,
    pending = excluded.pending,
    deleted = excluded.deleted,
    transactional = excluded.transactional,
    existing = excluded.existing,
    imports = excluded.imports,
    optins = excluded.optins,
    extra = excluded.extra,
    read_at = now();
