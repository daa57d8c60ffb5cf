"""How the page "Mailchimp" and dashboards read events: what Postgres plans for each statement."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from crm_mailchimp.rows import read_values
from crm_mailchimp.statements import statement
from stats.event_history import small_campaigns

_ROOT = Path(__file__).parents[2]
#: Modules that the page calls; all their statements are asked about.
PAGE_FILES = (
    *sorted((_ROOT / "plugins" / "mailchimp_provider" / "page").glob("*.py")),
    *sorted((_ROOT / "include" / "crm_mailchimp" / "page_content").glob("*.py")),
    *(
        _ROOT / "include" / "crm_mailchimp" / name
        for name in (
            "sync/runs/collections_page.py",
            "sync/decisions/plan_excerpt.py",
            "sync/decisions/plan_export.py",
            "quality/export.py",
        )
    ),
)
_PARAMETERS: Mapping[str, object] = {
    "after": 0,
    "begins_at": "2026-01-01",
    "campaign_id": "ca1",
    "code": "ca1",
    "collection_code": None,
    "collection_codes": ["A"],
    "contact_ids": [1],
    "digest": b"1",
    "digests": [b"1"],
    "due_causes": ["withdrawn"],
    "ends_at": "2026-02-01",
    "kind": "address",
    "list_id": "la1",
    "looked_up_by": "1",
    "lookup_id": 1,
    "most": 50,
    "reason_code": None,
    "run_id": "scheduled__1",
    "staging_id": 1,
    "subscriber_hashes": ["a"],
    "tagged_for": 1,
    "was_known": True,
    "with_resolved": False,
    "with_undated": True,
}
#: The queue of the refresh, which no dashboard may read.
_NOT_FOR_BI = ("changed_member", "changed_campaign", "unjudged_campaign")
#: The pipeline's own views.
_OWN_VIEWS = ("named_member", "stale_stream", "stream_gate")
#: Views whose rows are events.
_EVENTS = ("mart.campaign_activities", "mart.campaign_clicks", "mart.campaign_opens")
#: Columns that dashboards filter by, and what that means to people.
_FILTERS = {
    "campaign_id": "of a campaign",
    "list_id": "of an audience",
    "contact_id": "of a contact",
    "subscriber_hash": "of a member",
}
#: Of these, the first column that a relation has is its time.
_TIMES = ("occurred_at", "received_at", "unsubscribed_at", "sent_at", "day", "month")
_TABLE = "campaign_activities"
#: A month with fewer blocks is read whole, because an index would be no smaller.
_FEW_BLOCKS = 10


@dataclass(frozen=True)
class Question:
    """What somebody asks of a view or a table, or what the page asks.

    Attributes:
        source: view, table or statement.
        words: the question.
        query: SQL.
        parameters: its values.
    """

    source: str
    words: str
    query: str
    parameters: Mapping[str, object] = field(compare=False)


def page_statements() -> set[str]:
    """Names of all statements that the page's modules read."""
    return {
        call.args[0].value
        for path in PAGE_FILES
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "statement"
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def questions(warehouse: psycopg.Connection[Any]) -> Iterator[Question]:
    """All of them; every view and table of ``mart`` is asked about, and views of ``stats``."""
    for name in sorted(page_statements()):
        yield Question(f"page: `sql/{name}.sql`", "as it is", statement(name), _PARAMETERS)
    [campaign_id] = small_campaigns(warehouse, "a", 1)
    member = warehouse.execute(
        "select member.subscriber_hash, member.list_id, member.contact_id, campaign.sent_at::date"
        " from stats.campaigns as campaign"
        " inner join sync.member as member on campaign.list_id = member.list_id"
        " where campaign.campaign_id = %s limit 1",
        (campaign_id,),
    ).fetchone()
    assert member
    values = {
        "campaign_id": campaign_id,
        "subscriber_hash": member[0],
        "list_id": member[1],
        "contact_id": member[2],
        "day": member[3],
        "month": member[3].replace(day=1),
    }
    relations = warehouse.execute(
        "select table_schema || '.' || table_name, array_agg(column_name::text)"
        " from information_schema.columns inner join information_schema.tables"
        " using (table_schema, table_name)"
        " where table_schema = 'mart' and table_name <> all(%s)"
        " or table_schema = 'stats' and table_type = 'VIEW' and table_name <> all(%s)"
        " group by 1 order by 1",
        (list(_NOT_FOR_BI), list(_OWN_VIEWS)),
    ).fetchall()
    for relation, columns in relations:
        source, every = f"`{relation}`", f"select * from {relation}"
        yield Question(source, "all rows", every, {})
        for column, words in _FILTERS.items():
            if column in columns:
                yield Question(source, words, f"{every} where {column} = %({column})s", values)
        if time := next((column for column in _TIMES if column in columns), None):
            for length in ("day", "month"):
                words = f"of a {length}"
                period = f"{time} >= %({length})s and {time} < %({length})s + interval '1 {length}'"
                yield Question(source, words, f"{every} where {period}", values)
            if relation in _EVENTS:
                period = "occurred_at >= %(day)s and occurred_at < %(day)s + interval '1 day'"
                query = f"{every} where list_id = %(list_id)s and {period}"
                yield Question(source, "of an audience on a day", query, values)


def read_events(warehouse: psycopg.Connection[Any], question: Question) -> str:
    """How Postgres plans to read events for a question, in words; empty: not at all."""
    found = warehouse.execute(
        f"explain (format json) {question.query}", question.parameters
    ).fetchone()
    assert found
    nodes = list(_nodes(found[0][0]["Plan"]))
    indexes = {
        node["Index Name"] for node in nodes if node.get("Index Name", "").startswith(_TABLE)
    }
    ways = {f"index by {column}" for column in _leading_columns(warehouse, indexes)}
    months = dict(
        warehouse.execute(
            "select relname, relpages from pg_inherits inner join pg_class on oid = inhrelid"
            " where inhparent = 'stats.campaign_activities'::regclass and relpages >= %s",
            (_FEW_BLOCKS,),
        ).fetchall()
    )
    scanned = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"} & set(
        months
    )
    if scanned:
        ways.add("all of them" if scanned == set(months) else "the months of the period")
    return ", ".join(sorted(ways))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from _nodes(inner)


def _leading_columns(warehouse: psycopg.Connection[Any], indexes: set[str]) -> list[str]:
    return read_values(
        warehouse,
        str,
        "select distinct attname::text from pg_index"
        " inner join pg_class on pg_class.oid = indexrelid"
        " inner join pg_attribute on attrelid = indrelid and attnum = indkey[0]"
        " where relname = any(%s)",
        (list(indexes),),
    )


def written_table(found: Mapping[Question, str]) -> str:
    """The table of the documentation: one row for each source and way."""
    rows: dict[tuple[str, str], list[str]] = {}
    for question, way in found.items():
        key = (question.source, way or "no events")
        rows.setdefault(key, []).append(question.words)
    lines = ["| asked of | question | reads of the events |", "|---|---|---|"]
    lines += [f"| {source} | {', '.join(words)} | {way} |" for (source, way), words in rows.items()]
    return "\n".join(lines)
