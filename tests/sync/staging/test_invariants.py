"""Great Expectations asserts the verdicts from the facts, and not from the code that made them."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from crm_mailchimp.quality.invariants import INVARIANTS, check
from sync_world import World


def _check(world: World, staging_id: int, folder: Path) -> dict[str, list[str]]:
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        return check(warehouse, staging_id=staging_id, data_docs=folder)


def test_a_wrong_verdict_stops_its_collection_only(
    world: World, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    news, other = world.collection("ΝΕΑ"), world.collection("OTHER")
    world.contact("maria@mail.gr", news, other)
    refused = world.contact("eleni@mail.gr", news)
    world.consent(refused, granted=False)
    inactive = world.contact("old@mail.gr", news, is_active=False)
    lost = world.contact("lost@mail.gr", news)
    staging_id = world.stage()
    assert _check(world, staging_id, tmp_path / "good") == {}
    # Airflow logs what a task writes there as errors.
    assert "%|" not in capfd.readouterr().err

    # Somebody breaks the rules' SQL: withdrawn and inactive contacts come out as eligible.
    world.warehouse.execute(
        "update staging.verdict set reason_code = null where contact_id = any(%s)",
        ([refused, inactive],),
    )
    world.warehouse.execute(
        "update staging.verdict as verdict set contact_id = other.contact_id,"
        " address_key = other.address_key from staging.verdict as other"
        " where verdict.contact_id = %s and other.contact_id = %s",
        (lost, refused),
    )
    broken = _check(world, staging_id, tmp_path / "broken")

    assert broken == {
        "ΝΕΑ": [
            "contacts_without_verdict",
            "contacts_with_two_verdicts",
            "repeated_eligible_addresses",
            "eligible_without_consent",
            "eligible_refused_or_erased",
            "eligible_inactive",
        ]
    }
    assert set(broken["ΝΕΑ"]) < set(INVARIANTS)
    assert world.push(staging_id, "ΝΕΑ").state == "failed"
    documents = "".join(
        page.read_text(encoding="utf-8") for page in (tmp_path / "broken").rglob("*.html")
    )
    assert "eligible_without_consent" in documents
    assert "mail.gr" not in documents
    assert "password" not in documents.lower()


def test_a_count_far_from_last_times_is_said_and_stops_nothing(
    world: World, tmp_path: Path
) -> None:
    news, other = world.collection("ΝΕΑ"), world.collection("OTHER")
    for number in range(10):
        world.contact(f"filos{number}@mail.gr", news, other)
    first = world.sync()
    assert [row.detail for row in first.values()] == [None, None]
    for number in range(15):
        world.contact(f"neos{number}@mail.gr", news)
    world.contact("allos@mail.gr", other)

    staging_id = world.stage()
    assert _check(world, staging_id, tmp_path) == {}

    grown, usual = (world.push(staging_id, code) for code in ("ΝΕΑ", "OTHER"))
    assert (grown.state, grown.counts["added"]) == ("succeeded", 15)
    assert (grown.detail or "").startswith("counts_unusual: 25 contacts are eligible, 2.500 times")
    assert (usual.state, usual.detail) == ("succeeded", None)
