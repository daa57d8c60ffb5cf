"""What a world holds, without times and made-up numbers: equal for equal worlds."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from reliability.story import Scene

SCHEMAS = ("sync", "stats", "mart")
#: Tables that are not compared, and why.
LEFT_OUT = {
    "sync.alert": "when people were alerted",
    "sync.audience_look": "when an audience was looked at",
    "sync.campaign_gate": "one row for each time that the gate was asked",
    "sync.campaign_release": "belongs to a gate's row",
    "sync.collection_run": "what each run did",
    "sync.deployment": "which Airflow played the story",
    "sync.person_lookup": "when somebody looked a person up",
    "sync.staged_collection": "what each run staged",
    "sync.staging_invariant": "what each run checked",
    "sync.staging_run": "one row for each staging",
    "stats.list_state": "when an audience was read",
    "stats.member_activity_state": "when a member was read",
    "stats.report_listing": "when the reports were listed",
    "stats.report_snapshots": "one row for each look; the newest is compared",
    "stats.sub_report_snapshots": "one row for each look",
    "stats.stream_state": "how far and how often a stream was read",
    "mart.changed_campaign": "notes for the next refresh",
    "mart.changed_member": "notes for the next refresh",
    "mart.unjudged_campaign": "notes for the next refresh",
}
#: Made-up numbers, and words that name a run.
_MADE_UP = frozenset(
    {
        *("proof_id", "receipt_id", "quarantine_id", "gate_id", "release_id", "plan_id"),
        *("refusal_id", "staging_id", "run_id", "carried_out_by", "web_id", "merge_id"),
        *("report_id", "ticket", "hmac_key", "installation_id", "tested_by_run"),
    }
)
#: Counts of one run's own work, and figures that depend on the moment of a look.
_OF_A_MOMENT = frozenset(
    {
        "sync.erasure_receipt.members_deleted",
        "sync.erasure_receipt.audiences",
        "sync.erasure_receipt.rows_removed",
        "sync.campaign.action",
        "sync.campaign.detail",
        # Mailchimp counts them by month, and a story may begin in one and end in the next.
        "stats.lists.avg_sub_rate",
        "stats.lists.avg_unsub_rate",
        "mart.campaign_engagement.median_seconds_to_first_open",
        "mart.campaign_engagement.median_seconds_to_first_human_open",
    }
)
_SPECIAL = {
    # Which quarter of an hour or day it was depends on when the world was played.
    "mart.campaign_quarter_hours": "select campaign_id, sum(opens) as opens,"
    " sum(proxy_opens) as proxy_opens, sum(clicks) as clicks, sum(bounces) as bounces"
    " from mart.campaign_quarter_hours group by campaign_id",
    "stats.audience_activity": "select list_id, sum(emails_sent) as emails_sent,"
    " sum(unique_opens) as unique_opens, sum(recipient_clicks) as clicks, sum(subs) as subs,"
    " sum(unsubs) as unsubs from stats.audience_activity group by list_id",
    # How many months it has depends on when the world was played; the newest has the totals.
    "stats.audience_growth": "select distinct on (list_id) list_id, subscribed, unsubscribed,"
    " cleaned, pending, deleted, extra from stats.audience_growth order by list_id, month desc",
    "sync.refusal_contact": "select refusal.kind, refusal.list_id, refusal.address_digest,"
    " contact.contact_id, contact.merged_from from sync.refusal_contact as contact"
    " inner join sync.refusal as refusal on contact.refusal_id = refusal.refusal_id",
}
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?")

#: What an erased member is called in ``stats``: a number drawn by lot.
_ERASED = re.compile(r"erased-[0-9a-f]{32}")

Dump = dict[str, Counter[str]]


@dataclass(frozen=True)
class Difference:
    """A row that one world has more often than the other."""

    place: str
    row: str
    missing: int

    def __str__(self) -> str:
        word = "missing" if self.missing > 0 else "too many"
        return f"{self.place}: {abs(self.missing)} {word}: {self.row}"


def compare(expected: Dump, found: Dump) -> list[Difference]:
    """What the second world has too little or too much of."""
    return [
        Difference(
            place, row, expected.get(place, Counter())[row] - found.get(place, Counter())[row]
        )
        for place in sorted(expected.keys() | found.keys())
        for row in sorted(expected.get(place, Counter()) | found.get(place, Counter()))
        if expected.get(place, Counter())[row] != found.get(place, Counter())[row]
    ]


def dump_world(scene: Scene) -> Dump:
    """Mailchimp's members and campaigns, the CRM's write-back, and the whole warehouse."""
    names: dict[str, str] = {}
    dump = _mailchimp(scene, names)
    with scene.warehouse.cursor(row_factory=dict_row) as cursor:
        for table, query in _queries(scene.warehouse):
            cursor.execute(query)
            dump[table] = Counter(_rows(cursor.fetchall(), table, names))
        cursor.execute(
            "select distinct on (campaign_id) campaign_id, list_id, emails_sent, opens_total,"
            " unique_opens, clicks_total, unique_clicks, unsubscribed, hard_bounces, soft_bounces,"
            " abuse_reports from stats.report_snapshots order by campaign_id, taken_at desc"
        )
        dump["newest report"] = Counter(_rows(cursor.fetchall(), "newest report", names))
    with scene.crm.cursor(row_factory=dict_row) as cursor:
        for table in ("crm.provider_member_status", "crm.provider_campaign"):
            cursor.execute(f"select * from {table}")
            dump[table] = Counter(_rows(cursor.fetchall(), table, names))
    return dump


def tables(warehouse: psycopg.Connection[Any]) -> list[str]:
    """All tables of the compared schemas. A partitioned table has the rows of its partitions."""
    rows = warehouse.execute(
        "select schema.nspname || '.' || one.relname from pg_class as one"
        " inner join pg_namespace as schema on one.relnamespace = schema.oid"
        " where schema.nspname = any(%s) and one.relkind in ('r', 'p')"
        " and not one.relispartition order by 1",
        (list(SCHEMAS),),
    ).fetchall()
    return [row[0] for row in rows]


def _queries(warehouse: psycopg.Connection[Any]) -> Iterator[tuple[str, str]]:
    for table in tables(warehouse):
        if table not in LEFT_OUT:
            yield table, _SPECIAL.get(table, f"select * from {table}")


def _rows(rows: list[dict[str, Any]], table: str, names: Mapping[str, str]) -> Iterator[str]:
    for row in rows:
        kept = {
            name: _plain(value)
            for name, value in row.items()
            if name not in _MADE_UP and f"{table}.{name}" not in _OF_A_MOMENT
        }
        yield _canonical(kept, names)


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return "a time"
    if isinstance(value, bytes):
        return value.hex()
    return value


def _canonical(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    text = json.dumps(row, ensure_ascii=False, sort_keys=True, default=str)
    for made_up, name in names.items():
        text = text.replace(made_up, name)
    return _TIME.sub("a time", _ERASED.sub("erased", text))


def _mailchimp(scene: Scene, names: dict[str, str]) -> Dump:
    lists = scene.api("GET", "/lists?count=1000")["lists"]
    campaigns = scene.api("GET", "/campaigns?count=1000")["campaigns"]
    seen: Counter[str] = Counter()
    for one in sorted(lists, key=lambda row: row["date_created"]):
        seen[one["name"]] += 1
        names[one["id"]] = f"audience {one['name']} {seen[one['name']]}"
    for one in sorted(campaigns, key=lambda row: row["create_time"]):
        title = one["settings"]["title"]
        seen[title] += 1
        names[one["id"]] = f"campaign {title} {seen[title]}"
    dump: Dump = {
        "Mailchimp's audiences": Counter(names[one["id"]] for one in lists),
        "Mailchimp's campaigns": Counter(
            _canonical(
                {
                    "campaign": one["id"],
                    "list": one["recipients"]["list_id"],
                    "status": one["status"],
                    "sent": one["emails_sent"],
                    "settings": {
                        name: one["settings"].get(name)
                        for name in ("subject_line", "preview_text", "from_name", "reply_to")
                    },
                },
                names,
            )
            for one in campaigns
        ),
        "Mailchimp's members": Counter(),
        "Mailchimp's merge fields": Counter(),
        "mails sent": Counter(
            _canonical({"to": event["email_address"], "of": event["campaign_id"]}, names)
            for event in scene.sandbox.control("GET", "ledger/events?action=sent&count=100000")[
                "events"
            ]
        ),
    }
    for one in lists:
        path = f"/lists/{one['id']}"
        for status in ("", "&status=archived"):
            for member in scene.api("GET", f"{path}/members?count=1000{status}")["members"]:
                # Mailchimp draws it by lot; the warehouse has to know the right member's.
                names[member["contact_id"]] = f"member {member['email_address']} of {one['name']}"
                kept = {
                    "list": one["id"],
                    "address": member["email_address"],
                    "status": member["status"],
                    "fields": member["merge_fields"],
                    "tags": [tag["name"] for tag in member["tags"]],
                    "language": member["language"],
                }
                dump["Mailchimp's members"][_canonical(kept, names)] += 1
        for field in scene.api("GET", f"{path}/merge-fields?count=1000")["merge_fields"]:
            kept = {"list": one["id"], "tag": field["tag"], "name": field["name"]}
            dump["Mailchimp's merge fields"][
                _canonical({**kept, "type": field["type"], "public": field["public"]}, names)
            ] += 1
    return dump
