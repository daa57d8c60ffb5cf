"""Every table that knows people has an age at which its rows go, or a reason to stay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from crm_mailchimp.data_protection import retention
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.refusals.suppression import open_suppression
from people_tables import Person, people_tables, plant, rows_in

#: Tables whose rows go by age.
_AGED = {
    "staging.contact", "staging.membership", "staging.consent", "staging.refusal",
    "staging.verdict", "staging.plan", "sync.consent_proof", "sync.quarantine", "sync.rejection",
    "sync.removal_request_member", "sync.subscriber_alias", "sync.written_status", "staging.merged",
    "sync.refusal", "sync.refusal_contact", "sync.address_holder", "sync.changed_address",
    "sync.tag_member", "sync.person_lookup",
    "stats.campaign_activities", "stats.member_activities",
    "sync.contact_attribute",
}  # fmt: skip
#: Tables whose rows stay, without what people wrote.
_WORDS = {
    "stats.campaign_unsubscribes": ("reason", "extra"),
    "stats.campaign_abuse_reports": ("extra",),
}
#: Tables whose rows stay, and why; docs/data_protection.md says so to people.
_KEPT = {
    "sync.member": "an opt-out that is forgotten is an opt-out that is broken",
    "sync.suppression": "keyed digests: who must never come back; names nobody",
    "sync.erased_subscriber": "keyed digests: who must never come back; names nobody",
    "sync.erasure_receipt": "proof that erasures were done; a keyed digest names nobody",
    "sync.erased_status": "keyed digests of what the next write-back takes away; names nobody",
    "stats.campaign_recipients": "counts per recipient and campaign",
    "stats.recipient_engagement": "counts per recipient and campaign",
    "stats.expired_engagement": "counts per recipient and campaign, of the events that went",
    "stats.link_member_clicks": "counts per recipient and link",
    "stats.members": "what recipients and events refer to; forgotten with the last of them",
    "stats.member_activity_state": "how far a member's feed was read, so that it is not read twice",
    "mart.members": "follows sync.member and the recipients",
    "mart.contacts": "follows sync.member and the recipients",
    "mart.member_engagement": "counted from the recipients",
    "mart.member_frequency": "counted from the recipients",
    "mart.contact_engagement": "counted from the recipients",
    "mart.contact_months": "counted from the recipients and events",
    "mart.changed_member": "a queue that the next count of the marts empties",
}


@pytest.fixture
def warehouse(warehouse_db: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse_db) as connection:
        yield connection


def planted_rows(warehouse: psycopg.Connection[Any], at: datetime) -> dict[str, dict[str, Any]]:
    person, digester = Person(), open_suppression(warehouse)
    digests = {"contact_digest": digester.contact(person.contact_id), "address_digest": b"a"}
    planted = plant(warehouse, person, digests, at=at)
    # A member under another address: the alias and the written status belong to nobody known.
    warehouse.execute("update sync.member set subscriber_hash = 'h', contact_id = 5")
    warehouse.execute("delete from sync.refusal where ended_at is null")  # that of the new address
    warehouse.execute(
        "insert into sync.alert (collection_code, state, reason, sent_at)"
        " values ('contact 4711', 'undecided', 'words', %s)",
        (at,),
    )
    warehouse.commit()
    return planted


def test_what_is_old_goes_or_has_a_reason_to_stay(warehouse: psycopg.Connection[Any]) -> None:
    planted_rows(warehouse, datetime.now(UTC) - timedelta(days=20 * 365))
    assert {*_AGED, *_WORDS, *_KEPT} == set(people_tables(warehouse))
    assert not (_AGED & {*_WORDS, *_KEPT} or set(_WORDS) & set(_KEPT))

    removed = retention.apply(warehouse, retention.Ages())

    assert (removed["unsubscribe_words"], removed["complaint_words"]) == (1, 1)
    assert {table: rows_in(warehouse, table) for table in (*_AGED, "sync.alert")} == {
        table: [] for table in (*_AGED, "sync.alert")
    }
    for table, columns in _WORDS.items():
        (row,) = rows_in(warehouse, table)
        assert [row[column] for column in columns] == [None] * len(columns)
    # The next write-back knows the contacts with a written status again.
    assert len(rows_in(warehouse, "sync.erased_status")) == 1
    assert {table for table in _KEPT if not rows_in(warehouse, table)} == set()
    assert not any(retention.apply(warehouse, retention.Ages()).values())


def test_what_is_young_or_in_use_stays(warehouse: psycopg.Connection[Any]) -> None:
    planted = planted_rows(warehouse, datetime.now(UTC) - timedelta(hours=1))
    assert not any(retention.apply(warehouse, retention.Ages()).values())
    assert {table for table in (*planted, "sync.alert") if not rows_in(warehouse, table)} == set()
    (unsubscribe,) = rows_in(warehouse, "stats.campaign_unsubscribes")
    assert unsubscribe["reason"]
    # Old, but of a member that is known.
    warehouse.execute("update sync.subscriber_alias set noted_at = '2000-01-01'")
    warehouse.execute("update sync.written_status set written_at = '2000-01-01'")
    warehouse.execute(
        "update sync.member set contact_id = 4711, subscriber_hash ="
        " (select subscriber_hash from sync.subscriber_alias)"
    )
    warehouse.commit()
    assert not any(retention.apply(warehouse, retention.Ages()).values())


def test_words_that_went_are_not_loaded_again(warehouse: psycopg.Connection[Any]) -> None:
    """Mailchimp tells an old campaign's unsubscribes whenever somebody unsubscribes from it."""
    long_ago = datetime.now(UTC) - timedelta(days=9 * 365)
    planted_rows(warehouse, long_ago)
    retention.apply(warehouse, retention.Ages())

    def load(reason: str, unsubscribed_at: datetime) -> str | None:
        warehouse.execute(
            "create temporary table landing_unsubscribes on commit drop as select list_id,"
            " subscriber_hash, %s::text as reason, %s::timestamptz as unsubscribed_at,"
            " '{}'::jsonb as extra from stats.campaign_unsubscribes",
            (reason, unsubscribed_at),
        )
        warehouse.execute(statement("stats/load_unsubscribes"), {"campaign_id": "c1"})
        warehouse.commit()
        (row,) = rows_in(warehouse, "stats.campaign_unsubscribes")
        return row["reason"]

    assert load("Πάρα πολλά μηνύματα", long_ago) is None
    assert load("Πάρα πολλά μηνύματα", datetime.now(UTC)) == "Πάρα πολλά μηνύματα"
    assert load("Άλλαξα γνώμη", datetime.now(UTC)) == "Άλλαξα γνώμη"
