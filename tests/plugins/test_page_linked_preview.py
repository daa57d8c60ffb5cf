"""A preview of an audience that the CRM names, before its first sync: page, file, and commands."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest

from campaign_world import CampaignWorld
from crm_mailchimp.provider import AudienceSettings, NewMember
from crm_mailchimp.sync_commands import main
from page_reader import Reader, reading
from sharing_world import CODE, NAME, share

GREEK = {"Accept-Language": "el"}


@pytest.fixture
def world(campaigning: CampaignWorld) -> CampaignWorld:
    return campaigning


@pytest.fixture
def reader(world: CampaignWorld) -> Iterator[Reader]:
    with reading(world.warehouse_dsn) as reader:
        yield reader


def audience_by_hand(world: CampaignWorld) -> str:
    """An audience with two members that somebody made in Mailchimp."""
    with world.provider() as provider:
        audience = provider.create_audience(
            AudienceSettings(
                name="Με το χέρι",
                company="Γαλαξίας",
                address1="Ερμού 1",
                city="Αθήνα",
                country="GR",
                from_name="Γαλαξίας",
                from_email="news@galaxy.gr",
                subject="Νέα",
                language="el",
                permission_reminder="Εγγραφήκατε.",
            )
        )
        provider.add_members(
            audience.list_id,
            [
                NewMember(email_address=f"{name}@mail.gr", status="subscribed", merge_fields={})
                for name in ("maria", "guest")
            ],
        )
        return audience.list_id


def preview(world: CampaignWorld, **columns: Any) -> int:
    """Preview the linked collection; gives the contact that is in the audience already."""
    news = world.collection("NEWS", provider_list_id=audience_by_hand(world), **columns)
    contact = world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.contact("χωρίς διεύθυνση", news)
    world.sync(dry_run=True)
    assert not world.warehouse.execute("select from sync.audience").fetchall()
    return contact


def counts(text: str) -> dict[str, int]:
    """Actions of a plan, in English, with how many contacts have each."""
    found = re.findall(r"<summary>([^<:]+): (\d+) contacts?</summary>", text)
    return {words: int(number) for words, number in found}


def test_the_page_shows_the_plan_of_a_preview(world: CampaignWorld, reader: Reader) -> None:
    preview(world)
    overview = html.unescape(reader.get())
    (address,) = set(re.findall(r'href="(plan\?run=[^"#]+)"', overview))
    text = html.unescape(reader.get(address))
    assert counts(text) == {
        "To be added": 1,
        "In the audience already, only their fields are written": 1,
        "Held back by the check": 1,
    }
    assert "The e-mail address is not well formed." in text
    greek = html.unescape(reader.get(address, **GREEK))
    assert "Ήδη στο κοινό, γράφονται μόνο τα πεδία" in greek
    assert len(reader.get(address.replace("plan?", "plan.csv?")).split("adopt")) == 2
    collection = html.unescape(reader.get("collection?code=NEWS"))
    assert "plan?run=" in collection and "What a sync would do, contact by contact" in collection


def test_commands_know_the_preview(
    world: CampaignWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    contact = preview(world)
    run = world.warehouse.execute("select run_id from sync.staging_run").fetchone()
    assert run
    dsn = ["--dsn", world.warehouse_dsn]
    assert main(["plan", *dsn, "--run", run["run_id"]]) == 0
    plan = capsys.readouterr().out
    assert "adopt" in plan and str(contact) in plan and "invalid_email" in plan
    assert main(["explain", *dsn, "--contact", str(contact)]) == 0
    assert "NEWS" in capsys.readouterr().out
    assert main(["explain", *dsn, "--email", "maria@mail.gr"]) == 0
    assert "NEWS" in capsys.readouterr().out


def test_a_preview_of_a_linked_shared_audience(
    world: CampaignWorld, reader: Reader, capsys: pytest.CaptureFixture[str]
) -> None:
    share(world)
    preview(world, shared_audience=NAME)
    (address,) = set(re.findall(r'href="(plan\?run=[^"#]+)"', html.unescape(reader.get())))
    text = html.unescape(reader.get(address))
    assert CODE in text and "NEWS" in text
    assert text.count("Held back by the check: 1 contact<") == 1, "by its collection alone"
    assert "To get the collection's tag in the shared audience" in text
    run = world.warehouse.execute("select run_id from sync.staging_run").fetchone()
    assert run
    assert main(["plan", "--dsn", world.warehouse_dsn, "--run", run["run_id"]]) == 0
    assert capsys.readouterr().out.count("invalid_email") >= 1
