"""Contacts of one address: the marketing permission is set only if all of them gave the consent."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

import pytest

from sharing_world import CODE, NAME, UNGUARDED, rows, with_status
from sync_world import LONG_AGO, World

EMAIL = "Email"
SEED = "team@galaxy.gr"

#: What a contact of the address is. True: it has a consent. None: it is no contact of its own.
KINDS: dict[str, bool | None] = {
    "newsletter": True,
    "offer": True,
    "unclassified": False,
    "without": False,
    "expired": False,
    "withdrawn": False,
    "inactive": False,
    "merged": None,
}
#: Who may be mailed at an address: a withdrawal of the newsletter is none of the others.
ELIGIBLE = {"newsletter", "offer", "unclassified"}


class People:
    """Contacts in a shared audience, or in one of the collection NEWS alone."""

    def __init__(self, world: World, *, is_shared: bool) -> None:
        name = NAME if is_shared else None
        self.world, self.code = world, CODE if is_shared else "NEWS"
        self.news = world.collection("NEWS", shared_audience=name)
        if is_shared:
            self.offers = world.collection("OFFERS", shared_audience=name, campaign_type="OFFER")
            self.free = world.collection("FREE", shared_audience=name, campaign_type="FREE")
        self.seed = world.contact(SEED, self.news)
        world.sync()
        with world.provider() as provider:
            provider.client.lists.update_list(world.list_id(self.code), _GDPR)
        world.crm.execute("update crm.contact_collection set marketing_permission = %s", (EMAIL,))
        world.sync(full_refresh=True)
        assert self.given() == {SEED}

    def add(self, email: str, kind: str) -> int:
        world = self.world
        if kind == "newsletter":
            return world.contact(email, self.news)
        if kind == "offer":
            return world.contact(email, self.offers, consent="offer")
        if kind == "unclassified":
            return world.contact(email, self.free, consent=None)
        if kind == "inactive":
            return world.contact(email, self.news, consent=None, is_active=False)
        if kind == "merged":
            return world.contact(email, self.news, consent=None, merged_into_id=self.seed)
        contact = world.contact(email, self.news, consent=None)
        if kind == "expired":
            world.consent(contact, expires_at=LONG_AGO.replace(year=2021))
        elif kind == "withdrawn":
            world.consent(contact, granted=False)
        return contact

    def given(self) -> set[str]:
        """Addresses that give the permission in Mailchimp."""
        with self.world.provider() as provider:
            return {
                member.email_address
                for member in provider.members(self.world.list_id(self.code))
                if any(one.is_given and one.text == EMAIL for one in member.permissions)
            }


_GDPR = {"marketing_permissions": True}


@pytest.fixture
def people(gdpr: World) -> Callable[[bool], People]:
    return lambda is_shared: People(gdpr, is_shared=is_shared)


def _addresses(kinds: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every pair of kinds in both orders."""
    chosen = [*((one,) for one in kinds), *itertools.product(kinds, repeat=2)]
    for number, of_address in enumerate(chosen):
        yield f"p{number}@galaxy.gr", of_address


def _is_member(kinds: Sequence[str]) -> bool:
    able = ELIGIBLE - {"newsletter"} if "withdrawn" in kinds else ELIGIBLE
    return not able.isdisjoint(kinds)


@pytest.mark.parametrize("is_shared", [True, False], ids=["shared", "own"])
def test_all_contacts_of_an_address_have_to_give_it(
    gdpr: World, people: Callable[[bool], People], is_shared: bool
) -> None:
    found = people(is_shared)
    kinds = [one for one in KINDS if is_shared or one not in ("offer", "unclassified")]
    addresses = dict(_addresses(kinds))
    for email, of_address in addresses.items():
        for kind in of_address:
            found.add(email, kind)
    expected = {
        email
        for email, of_address in addresses.items()
        if _is_member(of_address) and False not in {KINDS[kind] for kind in of_address}
    }
    members = {email for email, of_address in addresses.items() if _is_member(of_address)}
    assert SEED not in expected and expected < members

    for full_refresh in (False, True):
        gdpr.sync(options=UNGUARDED, full_refresh=full_refresh)
        assert with_status(gdpr, "subscribed", found.code) == members | {SEED}
        given = found.given() - {SEED}
        assert given == expected, {
            email: addresses[email] for email in given.symmetric_difference(expected)
        }
    writes = gdpr.write_requests()
    gdpr.sync(options=UNGUARDED)
    assert gdpr.write_requests() == writes


def test_the_last_contact_that_lacked_it_gives_it(
    gdpr: World, people: Callable[[bool], People]
) -> None:
    found = people(True)
    found.add("maria@galaxy.gr", "newsletter")
    other = found.add("maria@galaxy.gr", "without")
    gdpr.sync()
    assert found.given() == {SEED}
    gdpr.consent(other)
    gdpr.sync()
    assert found.given() == {SEED, "maria@galaxy.gr"}


def test_after_a_loss_nobody_took_back_what_nobody_set(
    gdpr: World, people: Callable[[bool], People]
) -> None:
    """Only who has a consent, and is without the permission, took it back."""
    found = people(True)
    found.add("maria@galaxy.gr", "newsletter")
    found.add("maria@galaxy.gr", "unclassified")
    found.add("zoi@galaxy.gr", "unclassified")
    found.add("eleni@galaxy.gr", "newsletter")
    gdpr.sync()
    gdpr.sync()
    everybody = {SEED, "maria@galaxy.gr", "zoi@galaxy.gr", "eleni@galaxy.gr"}
    assert found.given() == {SEED, "eleni@galaxy.gr"}
    assert with_status(gdpr, "subscribed") == everybody
    gdpr.act("eleni@galaxy.gr", "take_back_permissions", CODE, marketing_permissions=[EMAIL])
    gdpr.forget_ledger()

    for _ in range(2):
        gdpr.sync(options=UNGUARDED)
        assert with_status(gdpr, "subscribed") == everybody - {"eleni@galaxy.gr"}
        assert found.given() == {SEED}
    took_back = rows(gdpr, "select * from sync.refusal where kind = 'permission_taken_back'")
    assert len(took_back) == 1
