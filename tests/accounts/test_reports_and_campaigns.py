"""Reports, campaigns and defaults of two accounts: each is read and made in its own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accounts_world import SECOND, SECOND_PROVIDER, AccountsWorld
from crm_mailchimp.accounts import DEFAULT_ACCOUNT, AccountsFailedError, work_in_each
from crm_mailchimp.campaigns.campaign_round import look_at_all, scheduled_campaigns
from crm_mailchimp.campaigns.take_back import hold_back
from crm_mailchimp.crm.provider_defaults import FilledDefaults
from crm_mailchimp.provider import CampaignDraft
from crm_mailchimp.stats.audience_extract import extract_audiences
from crm_mailchimp.stats.campaign_choice import Choice, choose_campaigns, list_campaigns
from crm_mailchimp.stats.extract import extract_campaigns
from crm_mailchimp.stats.other_accounts import InOtherAccountError
from crm_mailchimp.sync.audience.accounts_in_use import accounts_in_use, accounts_read_before
from crm_mailchimp.sync.audience.list_defaults import (
    get_defaults_of_all,
    show_provider_defaults,
)

BOTH = [DEFAULT_ACCOUNT, SECOND]


@pytest.fixture
def people(world: AccountsWorld) -> dict[str, int]:
    """Each account has a collection; Anna is in both."""
    news = world.collection("NEWS", description="Τα νέα μας")
    club = world.collection("CLUB", description="Η λέσχη", external_provider=SECOND_PROVIDER)
    found = {
        "άννα": world.contact("anna@mail.gr", news, club, first_name="Άννα"),
        "νίκος": world.contact("nikos@mail.gr", news, first_name="Νίκος"),
    }
    assert all(words.startswith("succeeded") for words in world.sync_all().values())
    return found


def extract(world: AccountsWorld, account: str) -> list[str]:
    """What ``extract_reports`` does in one account; gives the campaigns that were read."""
    with world.connect(world.warehouse_dsn) as warehouse, world.open_client(account) as provider:
        list_campaigns(warehouse, provider, Choice(), account=account)
        chosen = choose_campaigns(warehouse, Choice(), [account]).get(account, [])
        extract_campaigns(warehouse, provider, chosen)
        extract_audiences(warehouse, provider, account=account)
    return chosen


def accounts_of(world: AccountsWorld, table: str, key: str) -> dict[str, str]:
    rows = world.warehouse.execute(f"select {key} as id, account from {table}").fetchall()
    return {row["id"]: row["account"] for row in rows}


@pytest.mark.usefixtures("people")
def test_reports_of_each_account(world: AccountsWorld) -> None:
    lists = {account: next(iter(world.audiences(account))) for account in BOTH}
    sent = {account: world.mail_in(account, lists[account]) for account in BOTH}
    world.act_in(SECOND, lists[SECOND], "anna@mail.gr", "open", campaign_id=sent[SECOND])

    for account in BOTH:
        assert extract(world, account) == [sent[account]]

    assert accounts_of(world, "stats.campaigns", "campaign_id") == {
        one: account for account, one in sent.items()
    }
    assert accounts_of(world, "stats.lists", "list_id") == {
        one: account for account, one in lists.items()
    }
    assert accounts_of(world, "mart.campaigns", "campaign_id") == accounts_of(
        world, "stats.campaigns", "campaign_id"
    )
    opened = world.warehouse.execute("select campaign_id from stats.campaign_activities").fetchall()
    assert [row["campaign_id"] for row in opened] == [sent[SECOND]]
    # The listing of one account marks nothing of the other as gone.
    gone = world.warehouse.execute(
        "select list_id from stats.lists where gone_at is not null"
    ).fetchall()
    assert gone == []
    for account in BOTH:
        with world.connect(world.warehouse_dsn) as warehouse, world.open_client(account) as opened_:
            look_at_all(warehouse, opened_, account)
    deleted = world.warehouse.execute(
        "select campaign_id from stats.campaigns where status = 'deleted'"
    ).fetchall()
    assert deleted == []


@pytest.mark.usefixtures("people")
def test_two_connections_to_one_account_mix_nothing(world: AccountsWorld) -> None:
    (list_id,) = world.audiences(DEFAULT_ACCOUNT)
    sent = world.mail_in(DEFAULT_ACCOUNT, list_id)
    assert extract(world, DEFAULT_ACCOUNT) == [sent]
    world.places[SECOND] = world.places[DEFAULT_ACCOUNT]

    with pytest.raises(InOtherAccountError, match=f"connection {DEFAULT_ACCOUNT}"):
        extract(world, SECOND)
    with (
        world.connect(world.warehouse_dsn) as warehouse,
        world.open_client(SECOND) as provider,
        pytest.raises(Exception, match="were left out"),
    ):
        extract_audiences(warehouse, provider, account=SECOND)

    assert accounts_of(world, "stats.campaigns", "campaign_id") == {sent: DEFAULT_ACCOUNT}
    assert accounts_of(world, "stats.lists", "list_id")[list_id] == DEFAULT_ACCOUNT


@pytest.mark.usefixtures("people")
def test_which_accounts_there_are(world: AccountsWorld) -> None:
    with (
        world.connect(world.warehouse_dsn) as warehouse,
        world.connect(world.crm_dsn) as crm,
    ):
        assert accounts_in_use(warehouse, crm) == BOTH
        # The CRM names one no more; its audience is still there.
        crm.execute("update crm.contact_collection set external_provider = 'mailchimp'")
        crm.execute("delete from crm.external_provider where code = 'kriti'")
        crm.commit()
        assert accounts_in_use(warehouse, crm) == BOTH
        warehouse.execute("truncate sync.audience")
        warehouse.commit()
        assert accounts_in_use(warehouse, crm) == [DEFAULT_ACCOUNT]
        assert accounts_read_before(warehouse) == []
        # Other kinds lead nowhere.
        crm.execute("update crm.external_provider set kind = 'brevo'")
        crm.commit()
        assert accounts_in_use(warehouse, crm) == [DEFAULT_ACCOUNT]


def test_work_in_each_goes_on_without_one(world: AccountsWorld) -> None:
    world.break_down("wrong key")
    with world.accounts() as accounts:

        def ask(provider: Any, account: str) -> str:
            provider.require_answer()
            return account.upper()

        with pytest.raises(AccountsFailedError, match=f"connection {SECOND}") as caught:
            work_in_each(accounts, BOTH, ask)
        assert caught.value.done == {DEFAULT_ACCOUNT: DEFAULT_ACCOUNT.upper()}
        # One account: its own error.
        with pytest.raises(Exception, match="401") as alone:
            work_in_each(accounts, [SECOND], ask)
        assert type(alone.value).__name__ == "AuthenticationError"


@pytest.mark.usefixtures("people")
def test_defaults_come_from_each_own_account(world: AccountsWorld) -> None:
    world.crm.execute("update crm.external_provider set phone = null, company = null")

    def read() -> dict[str, FilledDefaults]:
        with (
            world.accounts() as accounts,
            world.connect(world.warehouse_dsn) as warehouse,
            world.connect(world.crm_dsn) as crm,
        ):
            return get_defaults_of_all(warehouse, crm, accounts)

    world.opened.clear()
    found = read()

    assert set(found) == {"mailchimp", SECOND_PROVIDER}
    assert world.opened == [SECOND, DEFAULT_ACCOUNT]
    with world.connect(world.warehouse_dsn) as warehouse:
        shown = show_provider_defaults(warehouse)
    assert f"{SECOND_PROVIDER}, connection {SECOND}: read" in shown
    assert all("company" in filled.filled for filled in found.values())

    # One account that is down stops itself alone.
    world.crm.execute("update crm.external_provider set company = null")
    world.break_down("down", DEFAULT_ACCOUNT)
    with pytest.raises(Exception, match=f"connection {DEFAULT_ACCOUNT}"):
        read()
    rows = world.crm.execute(
        "select code from crm.external_provider where company is not null"
    ).fetchall()
    assert rows == [(SECOND_PROVIDER,)]


@pytest.mark.usefixtures("people")
def test_a_campaign_of_the_second_account(world: AccountsWorld) -> None:
    club = world.crm.execute(
        "select collection_id from crm.contact_collection where code = 'CLUB'"
    ).fetchone()
    assert club
    world.schedule_early()
    world.campaign("NL-11", collection_id=club[0])
    assert world.step_in().outcome == "created"
    row = world.warehouse.execute("select * from sync.campaign").fetchone()
    assert row and row["account"] == SECOND
    with world.open_client(SECOND) as provider:
        remote = provider.campaign(row["provider_campaign_id"])
        assert remote is not None and remote.list_id == next(iter(world.audiences(SECOND)))
        provider.client.campaigns.set_content(row["provider_campaign_id"], {"html": "<p>Γεια</p>"})

    at = world.quarter_in(5)
    world.change_campaign(state="approved", planned_at=at)
    result = world.step_in()
    assert (result.outcome, result.account) == ("scheduled", SECOND), result
    with world.connect(world.warehouse_dsn) as warehouse:
        (one,) = scheduled_campaigns(warehouse)
    assert (one.provider_campaign_id, one.account) == (row["provider_campaign_id"], SECOND)

    # Its collection goes to the other account: nothing goes out from the old one.
    world.change_collection("CLUB", external_provider="mailchimp")
    for moment in ("before its sync", "after it"):
        held = world.step_in()
        assert held.outcome == "held", moment
        assert "account_changed" in str(held.detail), moment
        with world.open_client(SECOND) as provider:
            remote = provider.campaign(row["provider_campaign_id"])
            assert remote is not None and remote.status == "save", moment
        world.sync_all()

    # Deleted there by hand, it is made in the new account.
    with world.open_client(SECOND) as provider:
        provider.delete_campaign(row["provider_campaign_id"])
    world.step_in(recreate=True)
    made = world.step_in()
    assert made.account == DEFAULT_ACCOUNT, made
    row = world.warehouse.execute("select * from sync.campaign").fetchone()
    assert row and row["account"] == DEFAULT_ACCOUNT


@pytest.mark.usefixtures("people")
def test_a_scheduled_campaign_is_taken_back_in_its_own_account(world: AccountsWorld) -> None:
    """The warehouse is down: what the caller knows is enough."""
    (list_id,) = world.audiences(SECOND)
    with world.open_client(SECOND) as provider:
        made = provider.create_campaign(
            CampaignDraft(
                list_id=list_id, title="Προσφορές", subject_line="Νέα", from_name="Κρήτη",
                reply_to="nea@galaxy.gr",
            )
        )  # fmt: skip
        provider.client.campaigns.set_content(made.campaign_id, {"html": "<p>Γεια</p>"})
        provider.schedule_campaign(made.campaign_id, world.quarter_in(1))

    class OnlyMailchimp:
        def warehouse(self) -> Any:
            raise OSError("the warehouse is down")

        def provider_without_slot(self, account: str) -> Any:
            return world.open_client(account)

    hold_back(
        OnlyMailchimp(), made.campaign_id, RuntimeError("no warehouse"),
        account=SECOND, near=timedelta(days=1), now=world.now(),
    )  # fmt: skip

    with world.open_client(SECOND) as provider:
        remote = provider.campaign(made.campaign_id)
    assert remote is not None and remote.status == "save"
