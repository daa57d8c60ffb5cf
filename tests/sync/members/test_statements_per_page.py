"""A sync sends few statements for a page of 500 members, and none for each member."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import psycopg
import pytest

from crm_mailchimp.mailchimp.changes import Batching
from crm_mailchimp.mailchimp.pace import Polling
from crm_mailchimp.sync.members import additions, push
from sync_world import World


class Statements:
    """Counts each statement that is sent, by its first words."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: Counter[str] = Counter()
        for name in ("execute", "copy"):
            original = getattr(psycopg.Cursor, name)

            def counted(
                cursor: Any, query: Any, *rest: Any, _do: Any = original, **named: Any
            ) -> Any:
                # Each run has partitions of its own.
                self.sent[re.sub(r"_\d+|\b\d+::", "_n", str(query))[:90]] += 1
                return _do(cursor, query, *rest, **named)

            monkeypatch.setattr(psycopg.Cursor, name, counted)

    def of(self, act: Any) -> Counter[str]:
        self.sent = Counter()
        act()
        return Counter(self.sent)


def fill(world: World, first: int, end: int) -> None:
    span = {"first": first, "last": end - 1}
    world.crm.execute(
        "insert into crm.contact (contact_id, email, first_name, is_active, updated_at)"
        " select n, 'p' || n || '@mail.gr', 'Ελένη', true, '2020-01-01'"
        " from generate_series(%(first)s::bigint, %(last)s::bigint) as n",
        span,
    )
    world.crm.execute(
        "insert into crm.consent (consent_id, contact_id, channel, gdpr_category, granted,"
        " effective_at, recorded_at) select contact_id, contact_id, 'email', 'newsletter', true,"
        " '2020-01-01', '2020-01-01' from crm.contact"
        " where contact_id between %(first)s and %(last)s",
        span,
    )
    world.crm.execute(
        "insert into crm.collection_member (collection_id, contact_id, added_at)"
        " select collection_id, contact_id, '2020-01-01' from crm.contact_collection,"
        " crm.contact where contact_id between %(first)s and %(last)s",
        span,
    )


def per_page(larger: Counter[str], smaller: Counter[str], pages: int) -> float:
    """Statements for each page that one run had more than the other."""
    return (larger - smaller).total() / pages


def test_additions(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the push sends from the plan to the last answer; reading members back is apart."""
    # On a slow machine, too, as few looks as on a fast one.
    monkeypatch.setattr(push, "LOOK_SECONDS", 600.0)
    world.collection()
    statements, add = Statements(monkeypatch), additions.add
    sent: list[Counter[str]] = []

    def counted(*arguments: Any) -> int:
        found: list[int] = []
        sent.append(statements.of(lambda: found.append(add(*arguments))))
        return found[0]

    monkeypatch.setattr(additions, "add", counted)
    for first, end in ((1, 2001), (2001, 8001)):
        fill(world, first, end)
        world.sync()

    assert len(world.remote()) == 8_000
    few, many = sent
    assert 0 < per_page(many, few, 8) <= 12


def test_changes_in_batches(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.collection()
    world.batching = Batching(above=50, polling=Polling(first=0.01, most=0.05))
    fill(world, 1, 1501)
    world.sync()
    statements = Statements(monkeypatch)
    sent = {}
    for name, people in (("Μαρία", 400), ("Άννα", 1_400)):
        world.crm.execute(
            "update crm.contact set first_name = %s, updated_at = now() where contact_id <= %s",
            (name, people),
        )
        sent[people] = statements.of(world.sync)
        assert world.remote_fields(f"p{people}@mail.gr")["FNAME"] == name
        assert world.member(f"p{people}@mail.gr")["origin"] == "created"

    assert 0 < per_page(sent[1_400], sent[400], 2) <= 12
