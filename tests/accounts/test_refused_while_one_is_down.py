"""People refuse while one of two accounts is down: once it is back, they are out of there too."""

from __future__ import annotations

from typing import Any

import pytest

from accounts_world import SECOND, SECOND_PROVIDER, AccountsWorld
from campaign_world import BODY
from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.campaigns.result import CampaignResult
from crm_mailchimp.data_protection.erasure import ErasureIncompleteError, ErasurePostponedError
from crm_mailchimp.errors import PassingError, PermanentError, ProviderError
from sharing_world import NAME, share

ANNA, NIKOS, ELENI = (f"{name}@mail.gr" for name in ("anna", "nikos", "eleni"))
MARIA, ZOI, KOSTAS, PAVLOS = (f"{name}@mail.gr" for name in ("maria", "zoi", "kostas", "pavlos"))
HOW = ("no connection", "wrong key", "down", "5xx")
#: What may end a step of a campaign while its account is down.
TROUBLE = (ProviderError, PassingError, PermanentError)


class Two:
    """NEWS in the first account, CLUB in the second; Anna is in both, and one campaign is due."""

    def __init__(self, world: AccountsWorld, down: str) -> None:
        self.world, self.down = world, down
        self.up = DEFAULT_ACCOUNT if down == SECOND else SECOND
        codes = {DEFAULT_ACCOUNT: "NEWS", SECOND: "CLUB"}
        news = world.collection("NEWS")
        club = world.collection("CLUB", external_provider=SECOND_PROVIDER)
        self.anna = world.contact(ANNA, news, club, first_name="Άννα")
        world.contact(NIKOS, news, first_name="Νίκος")
        world.contact(ELENI, club, first_name="Ελένη")
        world.sync_all()
        self.lists = {one: next(iter(world.audiences(one))) for one in (DEFAULT_ACCOUNT, SECOND)}
        self.others = NIKOS if down == DEFAULT_ACCOUNT else ELENI
        ids = {DEFAULT_ACCOUNT: news, SECOND: club}
        world.campaign(collection_id=ids[down], state="approved", planned_at=world.in_hours(-1))
        assert world.step_in().outcome == "created"
        with world.open_client(down) as provider:
            provider.client.campaigns.set_content(world.provider_id(), {"html": BODY})
        self.code = codes[down]

    def complain(self) -> None:
        """Anna complains about a mail in the account that works."""
        campaign = self.world.mail_in(self.up, self.lists[self.up])
        self.world.act_in(self.up, self.lists[self.up], ANNA, "complain", campaign_id=campaign)

    def try_to_send(self) -> CampaignResult | None:
        try:
            return self.world.step_in()
        except TROUBLE:
            return None

    def mailed(self) -> set[str]:
        """Who got a mail in the account that was down."""
        events = self.world.sandbox_of(self.down).control("GET", "ledger/events?action=sent")[
            "events"
        ]
        return {event["email_address"] for event in events}


@pytest.fixture(params=[SECOND, DEFAULT_ACCOUNT])
def two(request: pytest.FixtureRequest, world: AccountsWorld) -> Two:
    return Two(world, request.param)


@pytest.mark.parametrize("how", HOW)
def test_a_complaint_holds_there_too_once_it_is_back(two: Two, how: str) -> None:
    world = two.world
    world.break_down(how, two.down)
    two.complain()
    for _ in range(2):
        world.sync_all()
        assert two.try_to_send() is None
    world.mend(two.down)

    # No sync has been there since: the campaign looks by itself.
    held = two.try_to_send()
    assert held is not None
    assert held.outcome == "held", held
    assert "refused" in world.gate_codes(), "not only as its last sync failed"
    assert two.mailed() == set()

    world.sync_all()
    assert world.people(two.down) == {ANNA: "unsubscribed", two.others: "subscribed"}
    assert world.open_reasons(two.code)[two.anna] == "suppressed_complaint"
    assert world.step_in().outcome == "sent"
    assert two.mailed() == {two.others}


@pytest.mark.parametrize("how", HOW)
def test_an_erasure_holds_there_too_once_it_is_back(two: Two, how: str) -> None:
    world = two.world
    world.break_down(how, two.down)
    world.change_contact(two.anna, erasure_requested_at="2026-01-01T00:00:00Z")
    with pytest.raises((ErasureIncompleteError, ErasurePostponedError)):
        world.erase()
    world.sync_all()
    assert two.try_to_send() is None
    assert not world.has_member(two.up, two.lists[two.up], ANNA)
    world.mend(two.down)

    held = two.try_to_send()
    assert held is not None
    assert held.outcome == "held", held
    assert "erased_contact" in world.gate_codes(), "not only as its last sync failed"
    assert two.mailed() == set()

    assert world.erase().erased == 1
    world.sync_all()
    assert not world.has_member(two.down, two.lists[two.down], ANNA)
    assert world.step_in().outcome == "sent"
    assert two.mailed() == {two.others}


class Waiting:
    """A shared audience in each account; all collections of both go to the other one, and wait."""

    def __init__(self, world: AccountsWorld) -> None:
        share(world)
        self.world = world
        self.codes = {DEFAULT_ACCOUNT: ("NEWS", "OFFERS"), SECOND: ("CLUB", "DEALS")}
        self.ids: dict[str, Any] = {}
        for account, codes in self.codes.items():
            provider = SECOND_PROVIDER if account == SECOND else "mailchimp"
            for code, kind in zip(codes, ("NEWS", "OFFER"), strict=True):
                self.ids[code] = world.collection(
                    code, campaign_type=kind, external_provider=provider, shared_audience=NAME
                )
        news, offers = ([self.ids[codes[n]] for codes in self.codes.values()] for n in (0, 1))
        for email, collections in (
            (MARIA, news), (ZOI, [*news, *offers]), (KOSTAS, offers), (PAVLOS, [*news, *offers]),
        ):  # fmt: skip
            self.ids[email] = world.contact(email, *collections)
            world.consent(self.ids[email], category="offer")
        world.sync_all()
        self.lists = {one: next(iter(world.audiences(one))) for one in (DEFAULT_ACCOUNT, SECOND)}

    def people(self, account: str) -> dict[str, str]:
        return self.world.people(account, self.lists[account])

    def tagged(self, account: str, list_id: str, code: str) -> set[str]:
        """Subscribed addresses with the tag of a collection, which is made with the first."""
        with self.world.open_client(account) as provider:
            emails = {one.subscriber_hash: one.email_address for one in provider.members(list_id)}
            return {
                emails[one.subscriber_hash]
                for tag in provider.tags(list_id)
                if tag.name.endswith(f"({code})")
                for one in provider.tag_members(list_id, tag.tag_id)
                if one.status == "subscribed"
            }

    def move(self) -> None:
        """Each collection goes to an audience in the other account, which takes none."""
        for account, codes in self.codes.items():
            provider = "mailchimp" if account == SECOND else SECOND_PROVIDER
            for code in codes:
                self.world.change_collection(
                    code, external_provider=provider, shared_audience="Άλλο κοινό"
                )
        for sandbox in (self.world.sandbox, self.world.second):
            sandbox.control("POST", "limits", {"max_audiences": 1})
        self.world.sync_all()

    def arrive(self) -> None:
        for sandbox in (self.world.sandbox, self.world.second):
            sandbox.control("POST", "limits", {"max_audiences": -1})
        for _ in range(3):
            ended = self.world.sync_all()
        assert all(words.startswith("succeeded") for words in ended.values()), ended


@pytest.mark.parametrize("is_down", [False, True])
def test_withdrawals_go_out_in_both_while_all_collections_wait(
    world: AccountsWorld, is_down: bool
) -> None:
    waiting = Waiting(world)
    waiting.move()
    everybody = {MARIA, ZOI, KOSTAS, PAVLOS}
    for account in waiting.lists:
        assert waiting.people(account) == dict.fromkeys(everybody, "subscribed")
    if is_down:
        world.break_down("down", SECOND)
    for email in (MARIA, ZOI):
        world.consent(waiting.ids[email], granted=False)
    for category in ("newsletter", "offer"):
        world.consent(waiting.ids[PAVLOS], granted=False, category=category)

    world.sync_all()
    if is_down:
        assert waiting.people(DEFAULT_ACCOUNT)[MARIA] == "unsubscribed"
        world.mend(SECOND)
        world.sync_all()

    gone = {MARIA: "unsubscribed", PAVLOS: "unsubscribed"}
    for account, (news, offers) in waiting.codes.items():
        assert waiting.people(account) == {ZOI: "subscribed", KOSTAS: "subscribed", **gone}
        assert waiting.tagged(account, waiting.lists[account], news) == set()
        assert waiting.tagged(account, waiting.lists[account], offers) == {ZOI, KOSTAS}

    waiting.arrive()
    for account, (news, offers) in waiting.codes.items():
        other = DEFAULT_ACCOUNT if account == SECOND else SECOND
        (present,) = set(world.audiences(other)) - {waiting.lists[other]}
        assert world.people(other, present) == {ZOI: "subscribed", KOSTAS: "subscribed"}
        assert waiting.tagged(other, present, news) == set()
        assert waiting.tagged(other, present, offers) == {ZOI, KOSTAS}
        # The audience that all have left stays, and nobody is mailed there.
        assert waiting.people(account) == {ZOI: "subscribed", KOSTAS: "subscribed", **gone}
