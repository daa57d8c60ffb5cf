"""A year of two audiences: campaigns, readers, leavers, and a month of runs of the sync."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from crm_mailchimp.stats.extract import extract_campaigns
from crm_mailchimp.stats.marts import refresh_marts
from listed_campaigns import campaigns_to_read
from stats.simulated_account import Account, Campaign

#: Audience, its collection, and its first member's number.
AUDIENCES = (("λίστα1", "ΝΕΑ", 0), ("λίστα2", "ΠΡΟΣΦΟΡΕΣ", 100))
MEMBERS = 20
#: An address in a link: no chart may show it.
ADDRESS = "maria@example.gr"
LINKS = (
    "https://example.gr/προσφορά?utm_source=newsletter",
    f"https://example.gr/λογαριασμός?email={ADDRESS}",
    f"https://shop.example.gr/{ADDRESS}/",
)
_SYNC = """
insert into sync.known_collection (collection_id, collection_code)
values (1, 'ΝΕΑ'), (2, 'ΠΡΟΣΦΟΡΕΣ');
insert into sync.audience (collection_id, collection_code, provider, list_id, fully_listed_at)
values (1, 'ΝΕΑ', 'mailchimp', 'λίστα1', now()), (2, 'ΠΡΟΣΦΟΡΕΣ', 'mailchimp', 'λίστα2', now());
update stats.lists set name = case list_id when 'λίστα1' then 'Νέα (ΝΕΑ)' else 'Προσφορές' end;
insert into sync.member (list_id, subscriber_hash, contact_id, status, origin)
select distinct on (list_id, subscriber_hash)
    list_id, subscriber_hash, dense_rank() over (order by subscriber_hash), 'subscribed', 'created'
from stats.campaign_recipients;
insert into sync.collection_run (
    run_id, collection_code, list_id, started_at, finished_at, state, staged, eligible, quarantined,
    added, updated, removed, unchanged, rejected, api_calls, detail
)
select
    'run' || n, code, list_id, now() - make_interval(days => n), now() - make_interval(days => n)
    + interval '2 minutes', case when n % 7 = 3 then 'failed' else 'succeeded' end, 25, 20, 5,
    n % 3, n % 5, n % 2, 15, 0, 12, case when n % 7 = 3 then 'query_failed: …' end
from generate_series(0, 29) as n
cross join (values ('ΝΕΑ', 'λίστα1'), ('ΠΡΟΣΦΟΡΕΣ', 'λίστα2')) as known (code, list_id);
insert into sync.quarantine (
    collection_code, contact_id, reason_code, first_seen_at, last_seen_at, resolved_at
)
select
    case n % 2 when 0 then 'ΝΕΑ' else 'ΠΡΟΣΦΟΡΕΣ' end, 500 + n,
    (array['no_consent', 'invalid_email', 'duplicate_email'])[1 + n % 3],
    now() - make_interval(days => 3 * n), now(), case when n > 6 then now() - interval '2 days' end
from generate_series(0, 11) as n;
insert into sync.refusal (kind, list_id, address_digest, known_from, refused_at)
select (array['unsubscribed', 'complaint', 'withdrawal'])[1 + n % 3], 'λίστα1',
    sha256(n::text::bytea), 'member', now() - make_interval(days => 20 * n)
from generate_series(0, 8) as n;
"""


def fill(warehouse: psycopg.Connection[Any]) -> None:
    """Twelve months of campaigns to both audiences, and a month of runs of the sync."""
    now = datetime.now(UTC).replace(microsecond=0)
    sent = []
    for month in range(12):
        for list_id, code, first in AUDIENCES:
            campaign = Campaign(
                f"{code}{month}",
                list_id=list_id,
                sent_at=now - timedelta(days=10 + 30 * month, hours=month % 5),
            )
            campaign.send(MEMBERS, first)
            _read(campaign, 11 - month)
            sent.append(campaign)
    account = Account(*sent)
    extract_campaigns(warehouse, account, campaigns_to_read(warehouse, account))
    warehouse.execute(_SYNC.encode())
    warehouse.execute("update stats.campaigns set title = 'Καμπάνια ' || campaign_id")
    warehouse.commit()
    refresh_marts(warehouse, time_zone="Europe/Athens")


def _read(campaign: Campaign, age: int) -> None:
    """Each month fewer people read; some open by proxies, some leave."""
    readers = campaign.recipients[: MEMBERS - age]
    for number, member in enumerate(readers):
        campaign.happens(member, "open", 600 * (number + 1), is_proxy=number % 7 == 6)
        if number % 3 == 0:
            url = LINKS[number // 3 % len(LINKS)]
            campaign.happens(member, "click", 600 * (number + 1) + 30, url=url)
    campaign.unsubscribes[campaign.recipients[-1 - age % 5]] = (
        campaign.sent_at + timedelta(hours=1 + 20 * (age % 5)),
        ADDRESS,
    )
