"""Which audience is a collection's: linked, found again, renamed, deleted, full, taken."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from crm_mailchimp.mailchimp.errors import PermissionDenied
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.provider import AddOutcome, Audience, NewMember
from crm_mailchimp.sync.audience.ownership import AudienceOwner, own_installation
from crm_mailchimp.sync.fields.wanted_fields import standard_fields
from crm_mailchimp.sync.members.pull_statuses import mapped_codes
from crm_mailchimp.sync_commands import main
from sync_world import World


def audience_of(world: World, code: str = "NEWS") -> Audience:
    with world.provider() as provider:
        return provider.audience(world.list_id(code))


def audience_by_hand(world: World, name: str, *emails: str) -> str:
    with world.provider() as provider:
        settings = replace(audience_of(world, "FIRST").settings, name=name)
        made = provider.create_audience(settings)
        members = [
            NewMember(email_address=email, status="subscribed", merge_fields={}) for email in emails
        ]
        provider.add_members(made.list_id, members)
    return made.list_id


def use(world: World, code: str, list_id: str) -> None:
    world.crm.execute(
        "update crm.contact_collection set provider_list_id = %s where code = %s", (list_id, code)
    )


def statuses(world: World, list_id: str) -> dict[str, str]:
    with world.provider() as provider:
        return {one.email_address: one.status for one in provider.members(list_id)}


@pytest.fixture
def linkable(world: World) -> World:
    """With one collection already synced, from whose settings audiences by hand are made."""
    first = world.collection("FIRST")
    world.contact("first@mail.gr", first)
    world.sync()
    return world


def test_changed_settings_adjust_the_audience(world: World) -> None:
    news = world.collection()
    world.contact("maria@mail.gr", news)
    world.sync()
    world.crm.execute("update crm.external_provider set from_name = 'Ελαιώνες', city = 'Πάτρα'")
    world.crm.execute("update crm.contact_collection set description = 'Τα νέα μας'")

    result = world.sync()["NEWS"]

    settings = audience_of(world).settings
    assert (settings.from_name, settings.city) == ("Ελαιώνες", "Πάτρα")
    assert settings.name == "Τα νέα μας (NEWS)"
    assert (result.state, result.detail) == ("succeeded", None)
    writes = world.write_requests()
    world.sync()
    assert world.write_requests() == writes


def test_a_renamed_audience_is_synced_and_said(world: World) -> None:
    news = world.collection()
    world.contact("maria@mail.gr", news)
    world.sync()
    with world.provider() as provider:
        renamed = replace(audience_of(world).settings, name="Με το χέρι")
        provider.update_audience(world.list_id(), renamed)
    world.contact("nikos@mail.gr", news)

    # No run looks for it but the weekly full listing; from then on, each says it.
    world.warehouse.execute("update sync.audience set fully_listed_at = now() - interval '8 days'")
    result = world.sync()["NEWS"]
    again = world.sync()["NEWS"]

    assert (result.state, result.counts["added"]) == ("succeeded", 1)
    assert (result.detail or "").startswith("audience_renamed: ")
    assert "'Με το χέρι'" in (result.detail or "")
    assert "provider_list_id" in (result.detail or "")
    assert again.detail == result.detail
    assert again.counts["api_calls"] <= 2
    # The name is theirs until the CRM changes something.
    assert audience_of(world).settings.name == "Με το χέρι"
    assert "audience_renamed" in (world.sync(dry_run=True)["NEWS"].detail or "")
    world.crm.execute("update crm.contact_collection set description = 'Τα νέα μας'")
    assert [world.sync()["NEWS"].detail for _ in range(2)] == [None, None]
    assert audience_of(world).settings.name == "Τα νέα μας (NEWS)"


def test_a_deleted_audience_blocks_until_a_person_decides(world: World, capsys: Any) -> None:
    news = world.collection()
    world.contact("maria@mail.gr", news)
    world.contact("eleni@mail.gr", news)
    world.sync()
    world.act("eleni@mail.gr", "unsubscribe")
    world.sync()
    deleted = world.list_id()
    with world.provider() as provider:
        provider.client.lists.delete_list(deleted)

    result = world.sync()["NEWS"]

    assert result.state == "blocked"
    assert (result.detail or "").startswith(f"audience_deleted: audience {deleted} of NEWS")
    assert "retire --dsn … --collection NEWS" in (result.detail or "")
    # Mailchimp's refusals still hold these contacts back.
    assert list(world.open_reasons().values()) == ["suppressed_unsubscribed"]

    retire = ["retire", "--dsn", world.warehouse_dsn, "--collection", "NEWS"]
    assert main(retire) == 0
    assert deleted in capsys.readouterr().out
    assert main(retire) == 1
    assert "NEWS has no audience" in capsys.readouterr().err

    again = world.sync()["NEWS"]
    assert again.state == "succeeded", again.detail
    # Who opted out of the deleted audience is not subscribed in the new one.
    assert world.remote() == {"maria@mail.gr": "subscribed"}
    assert list(world.open_reasons().values()) == ["suppressed_unsubscribed"]
    proofs = world.warehouse.execute(
        "select end_cause from sync.consent_proof where list_id = %s", (deleted,)
    ).fetchall()
    assert {row["end_cause"] for row in proofs} == {"audience_deleted", "unsubscribed"}
    assert f"former audience {deleted} was deleted" in (again.detail or "")
    assert world.sync()["NEWS"].detail is None


def test_another_link_leaves_nobody_behind(linkable: World) -> None:
    world = linkable
    news = world.collection()
    withdrawn = world.contact("maria@mail.gr", news)
    opted_out = world.contact("eleni@mail.gr", news)
    moved = world.contact("nikos@mail.gr", news)
    world.contact("kostas@mail.gr", news)
    world.sync()
    world.act("eleni@mail.gr", "unsubscribe")
    old = world.list_id()
    new = audience_by_hand(world, "Με το χέρι", "xenos@mail.gr")
    use(world, "NEWS", new)
    world.consent(withdrawn, granted=False)

    result = world.sync()["NEWS"]

    assert result.state == "succeeded", result.detail
    assert f"former audience {old}: unsubscribe (consent_withdrawn) 1" in (result.detail or "")
    assert statuses(world, old) == {
        "maria@mail.gr": "unsubscribed", "eleni@mail.gr": "unsubscribed",
        "nikos@mail.gr": "subscribed", "kostas@mail.gr": "subscribed",
    }  # fmt: skip
    assert world.remote() == {
        "xenos@mail.gr": "subscribed", "nikos@mail.gr": "subscribed",
        "kostas@mail.gr": "subscribed",
    }  # fmt: skip
    assert world.open_reasons()[opted_out] == "suppressed_unsubscribed"

    # Nor is anybody added under another address; and withdrawals go out of both.
    world.change_contact(opted_out, email="eleni.nea@mail.gr")
    world.consent(moved, granted=False)
    world.sync()
    assert statuses(world, old)["nikos@mail.gr"] == "unsubscribed"
    assert world.remote() == {
        "xenos@mail.gr": "subscribed", "nikos@mail.gr": "unsubscribed",
        "kostas@mail.gr": "subscribed",
    }  # fmt: skip

    # Linked back, the former audience is the collection's again, and the other a former one.
    use(world, "NEWS", old)
    assert world.sync()["NEWS"].state == "succeeded"
    assert world.list_id() == old
    former = world.warehouse.execute("select list_id from sync.former_audience").fetchall()
    assert [row["list_id"] for row in former] == [new]


def test_an_audience_serves_one_collection(linkable: World) -> None:
    world = linkable
    second = world.collection("SECOND", provider_list_id=world.list_id("FIRST"))
    world.contact("maria@mail.gr", second)

    result = world.sync()["SECOND"]

    assert result.state == "blocked"
    assert (result.detail or "").startswith("audience_taken: ")
    assert "that of FIRST" in (result.detail or "")
    assert world.remote("FIRST") == {"first@mail.gr": "subscribed"}


def test_a_link_that_leads_nowhere_is_said(world: World) -> None:
    news = world.collection()
    person = world.contact("maria@mail.gr", news)
    world.sync()
    world.crm.execute("update crm.contact_collection set provider_list_id = '0000000000'")
    world.consent(person, granted=False)

    result = world.sync()["NEWS"]

    assert result.state == "blocked"
    assert (result.detail or "").startswith("audience_deleted: crm.contact_collection.provider_")
    # What is due went out of the audience that was the collection's until then.
    assert world.remote() == {"maria@mail.gr": "unsubscribed"}


def test_an_audience_by_hand_of_the_very_name_is_not_doubled(linkable: World) -> None:
    world = linkable
    made = audience_by_hand(world, "Συλλογή NEWS (NEWS)", "xenos@mail.gr")
    news = world.collection()
    world.contact("maria@mail.gr", news)

    result = world.sync()["NEWS"]

    assert result.state == "blocked"
    assert (result.detail or "").startswith(f"audience_by_hand: audience {made} ")
    use(world, "NEWS", made)
    assert world.sync()["NEWS"].state == "succeeded"
    assert set(statuses(world, made)) == {"xenos@mail.gr", "maria@mail.gr"}


def test_limits_of_the_account_are_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    news = world.collection()
    world.contact("maria@mail.gr", news)
    world.sandbox.control("POST", "limits", {"max_audiences": 0})

    result = world.sync()["NEWS"]

    assert result.state == "blocked"
    assert (result.detail or "").startswith(
        "audience_limit: Mailchimp makes no audience for NEWS: the account has 0 and its plan "
        "allows 0."
    )

    world.sandbox.control("POST", "limits", {"max_audiences": 5})
    provided = world.provider

    class Full(Mailchimp):
        """Mailchimp whose plan has no room: a refusal of the whole call, as it words refusals."""

        def add_members(self, list_id: str, members: Sequence[NewMember]) -> AddOutcome:
            raise PermissionDenied(
                method="POST", path="/lists/{list_id}", status=403,
                title="User action not permitted",
                detail="maria@mail.gr cannot be added: contact limit reached",
            )  # fmt: skip

    @contextmanager
    def full() -> Any:
        with provided() as provider:
            yield Full(provider.client)

    with monkeypatch.context() as patched:
        patched.setattr(world, "provider", full)
        result = world.sync()["NEWS"]
    assert result.state == "blocked"
    assert (result.detail or "").startswith("contact_limit: ")
    assert "contact limit reached" in (result.detail or "")
    assert "maria" not in (result.detail or "")
    assert world.sync()["NEWS"].counts["added"] == 1


def test_a_changed_code_goes_on_under_the_new_one(world: World, capsys: Any) -> None:
    news = world.collection()
    world.contact("maria@mail.gr", news)
    held_back = world.contact("eleni@mail.gr", news, consent=None)
    world.sync()
    world.crm.execute("update crm.contact_collection set code = 'NEA'")

    result = world.sync()["NEA"]

    assert (result.state, result.counts["unchanged"]) == ("succeeded", 1)
    assert audience_of(world, "NEA").settings.name == "Συλλογή NEWS (NEA)"
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        assert mapped_codes(warehouse) == ["NEA"]
    assert (world.open_reasons("NEWS"), world.open_reasons("NEA")) == (
        {},
        {held_back: "no_consent"},
    )
    assert main(["explain", "--dsn", world.warehouse_dsn, "--email", "maria@mail.gr"]) == 0
    output = capsys.readouterr().out
    assert "NEA: in the audience, subscribed" in output
    assert "NEWS" not in output.replace("campaign type NEWS", "")


@pytest.mark.parametrize("first", ["its own", "linked"])
def test_who_opted_out_of_a_former_audience_stays_out_though_sync_is_lost(
    linkable: World, first: str
) -> None:
    world = linkable
    news = world.collection()
    if first == "linked":
        use(world, "NEWS", audience_by_hand(world, "Παλιά"))
    world.contact("maria@mail.gr", news)
    world.contact("eleni@mail.gr", news)
    world.sync()
    world.act("eleni@mail.gr", "unsubscribe")
    former = world.list_id()
    new = audience_by_hand(world, "Νέα")
    use(world, "NEWS", new)
    world.forget_ledger()

    result = world.sync()["NEWS"]

    assert (result.state, result.counts["added"]) == ("succeeded", 1)
    assert statuses(world, new) == {"maria@mail.gr": "subscribed"}
    assert list(world.open_reasons().values()) == ["suppressed_unsubscribed"]
    # Only Mailchimp says whose audience it was; nothing else is taken for it.
    known = world.warehouse.execute("select list_id from sync.former_audience").fetchall()
    assert [row["list_id"] for row in known] == [former]


@pytest.mark.parametrize("new", ["linked", "its own"])
def test_a_run_without_anybody_after_the_loss_loses_no_opt_out(linkable: World, new: str) -> None:
    """Such a run takes the audience into use: it must have looked for the former ones."""
    world = linkable
    news = world.collection(provider_list_id=audience_by_hand(world, "Παλιά"))
    world.contact("eleni@mail.gr", news)
    world.sync()
    world.act("eleni@mail.gr", "unsubscribe")
    if new == "linked":
        use(world, "NEWS", audience_by_hand(world, "Νέα"))
    else:
        made = audience_by_hand(world, "Συλλογή NEWS (NEWS)")
        with world.provider() as provider, psycopg.connect(world.warehouse_dsn) as warehouse:
            owner = AudienceOwner(collection_id=news, installation=own_installation(warehouse))
            provider.create_merge_field(made, standard_fields(owner)[-1])
        world.crm.execute("update crm.contact_collection set provider_list_id = null")
    world.forget_ledger()
    world.crm.execute("update crm.contact_collection set campaign_type = null where code = 'NEWS'")
    world.sync()
    world.crm.execute(
        "update crm.contact_collection set campaign_type = 'NEWS' where code = 'NEWS'"
    )

    result = world.sync()["NEWS"]

    if new == "linked":
        assert (result.state, result.counts["added"]) == ("succeeded", 0)
        assert list(world.open_reasons().values()) == ["suppressed_unsubscribed"]
    else:
        assert result.state == "blocked"
        assert (result.detail or "").startswith("audience_ambiguous: ")


def test_an_audience_renamed_by_hand_is_found_again_though_sync_is_lost(world: World) -> None:
    news = world.collection()
    world.contact("maria@mail.gr", news)
    world.sync()
    made = world.list_id()
    with world.provider() as provider:
        provider.update_audience(made, replace(audience_of(world).settings, name="Με το χέρι"))
    world.forget_ledger()

    result = world.sync()["NEWS"]

    assert (result.state, world.list_id(), result.counts["added"]) == ("succeeded", made, 0)


def test_an_audience_that_another_collection_took_over_is_that_ones(linkable: World) -> None:
    world = linkable
    news, other = world.collection(), world.collection("OTHER")
    world.contact("maria@mail.gr", news, other)
    world.sync(["NEWS"])
    taken = world.list_id()
    use(world, "NEWS", audience_by_hand(world, "Νέα"))
    world.sync(["NEWS"])
    use(world, "OTHER", taken)
    world.sync(["OTHER"])
    world.forget_ledger()

    results = world.sync()

    assert {code: row.detail or row.state for code, row in results.items()} == dict.fromkeys(
        ("FIRST", "NEWS", "OTHER"), "succeeded"
    )
    assert world.list_id("OTHER") == taken
    assert world.warehouse.execute("select 1 from sync.former_audience").fetchall() == []


def test_swapped_codes_swap_what_is_known(world: World) -> None:
    """Until each of them is synced again, which a broken one may not be for long."""
    news, club = world.collection("NEWS"), world.collection("CLUB")
    one = world.contact("maria@mail.gr", news)
    other = world.contact("nikos@mail.gr", club)
    for contact in (one, other):
        world.consent(contact, granted=False)
    world.contact("eleni@mail.gr", news, club)
    world.sync()
    lists = world.list_id("NEWS"), world.list_id("CLUB")
    world.warehouse.execute(
        "insert into sync.removal_request (collection_code, run_id, removals, members)"
        " values ('NEWS', 'of-news', 1, 2), ('CLUB', 'of-club', 1, 2)"
    )
    world.crm.execute(
        "update crm.contact_collection set code = 'X' where code = 'NEWS';"
        "update crm.contact_collection set code = 'NEWS' where code = 'CLUB';"
        "update crm.contact_collection set code = 'CLUB' where code = 'X'"
    )

    world.stage()

    assert (world.list_id("CLUB"), world.list_id("NEWS")) == lists
    assert world.open_reasons("CLUB") == {one: "consent_withdrawn"}
    assert world.open_reasons("NEWS") == {other: "consent_withdrawn"}
    rows = world.warehouse.execute(
        "select collection_code, run_id from sync.removal_request order by run_id"
    ).fetchall()
    assert [tuple(row.values()) for row in rows] == [("NEWS", "of-club"), ("CLUB", "of-news")]
