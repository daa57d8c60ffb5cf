"""A dry run changes nothing and shows everything: a table, a file, the guard's word."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from crm_mailchimp.provider import AudienceSettings, NewMember
from crm_mailchimp.sync_commands import main
from sync_world import World

BY_HAND = AudienceSettings(
    name="Με το χέρι", company="ΑΕ", address1="Ερμού 1", city="Αθήνα", country="GR",
    from_name="Ν", from_email="news@galaxy.gr", subject="Νέα", language="el",
    permission_reminder="Εγγραφήκατε.",
)  # fmt: skip

WITHDRAWN = "The contact withdrew consent for this category."
NO_EMAIL = "The contact has no e-mail address."


def last_run(world: World) -> str:
    row = world.warehouse.execute(
        "select run_id from sync.staging_run order by staging_id desc limit 1"
    ).fetchone()
    assert row
    return str(row["run_id"])


def rows_of(text: str) -> list[tuple[str, ...]]:
    return [tuple(row.values()) for row in csv.DictReader(io.StringIO(text, newline=""))]


def test_the_plan_as_a_table_and_as_a_file(world: World, tmp_path: Path, capsys: Any) -> None:
    news = world.collection()
    people = [world.contact(f"p{number}@mail.gr", news) for number in range(8)]
    world.sync()
    for person in people[:5]:
        world.leave(news, person)
    world.consent(people[5], granted=False)
    new = world.contact("new@mail.gr", news)
    without = [world.contact(None, news) for _ in range(2)]
    other = world.collection("=ΑΛΛΗ", campaign_type=None)
    world.contact("nobody@mail.gr", other)
    writes, before = world.write_requests(), world.remote()

    result = world.sync(dry_run=True)["NEWS"]

    assert (world.write_requests(), world.remote()) == (writes, before)
    assert result.state == "dry_run"
    assert (result.detail or "").startswith(
        "plan: add 1, archive (left_collection) 5, unchanged 2, unsubscribe (consent_withdrawn) 1; "
        "it would be blocked: removal_guard: 5 of 8 members would be removed"
    )
    # Nothing waits for a person because of a look.
    assert world.warehouse.execute("select * from sync.removal_request").fetchall() == []

    target = tmp_path / "πλάνο.csv"
    asked = ["plan", "--dsn", world.warehouse_dsn, "--run", last_run(world)]
    assert main([*asked, "--format", "csv", "--output", str(target)]) == 0
    assert "10 rows" in capsys.readouterr().out
    written = target.read_bytes().decode("utf-8")
    assert rows_of(written) == [
        ("NEWS", "add", "", str(new), "", ""),
        *[("NEWS", "archive", "left_collection", str(person), "yes", "") for person in people[:5]],
        ("NEWS", "held_back", "consent_withdrawn", str(people[5]), "", WITHDRAWN),
        *[("NEWS", "held_back", "missing_email", str(person), "", NO_EMAIL) for person in without],
        ("NEWS", "unsubscribe", "consent_withdrawn", str(people[5]), "", WITHDRAWN),
    ]

    assert main(asked) == 0
    table = capsys.readouterr().out
    assert "@" not in table
    assert "The removal guard blocks it" in table
    assert "held back by the check: missing_email 2, consent_withdrawn 1\n" in table
    assert "archive: the contact is archived" in table
    assert f"{people[0]:>12}  left_collection             waits for approval\n" in table
    assert f"{people[5]:>12}  consent_withdrawn\n" in table
    assert "=ΑΛΛΗ  blocked" in table
    assert "no_campaign_type" in table
    assert main([*asked, "--collection", "NEWS"]) == 0
    assert "ΑΛΛΗ" not in capsys.readouterr().out


def test_members_that_an_existing_audience_would_have_adopted(world: World, capsys: Any) -> None:
    with world.provider() as provider:
        audience = provider.create_audience(BY_HAND)
        provider.add_members(
            audience.list_id,
            [
                NewMember(email_address=email, status="subscribed", merge_fields={})
                for email in ("maria@mail.gr", "xenos@mail.gr")
            ],
        )
    news = world.collection("NEWS", provider_list_id=audience.list_id)
    adopted = world.contact("Maria@mail.gr", news)
    added = world.contact("nikos@mail.gr", news)

    world.sync(dry_run=True)

    run = last_run(world)
    assert main(["plan", "--dsn", world.warehouse_dsn, "--run", run, "--format", "csv"]) == 0
    assert rows_of(capsys.readouterr().out) == [
        ("NEWS", "add", "", str(added), "", ""), ("NEWS", "adopt", "", str(adopted), "", ""),
    ]  # fmt: skip


def test_a_plan_that_is_not_there_is_said(world: World, tmp_path: Path, capsys: Any) -> None:
    asked = ["plan", "--dsn", world.warehouse_dsn, "--run"]
    assert main([*asked, "manual__1"]) == 1
    assert "no run 'manual__1' was staged" in capsys.readouterr().err
    world.collection()
    world.sync(dry_run=True)
    missing = tmp_path / "nowhere" / "plan.csv"
    assert main([*asked, last_run(world), "--output", str(missing)]) == 1
    assert str(missing) in capsys.readouterr().err
    assert main([*asked, last_run(world), "--collection", "OTHER"]) == 1
    assert "with collection OTHER" in capsys.readouterr().err
    world.warehouse.execute("update sync.staging_run set dropped_at = now()")
    assert main([*asked, last_run(world)]) == 1
    assert "was dropped" in capsys.readouterr().err
