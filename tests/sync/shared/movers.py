"""Collections that moved from one audience to another, with people who refused before."""

from __future__ import annotations

from collections.abc import Callable

from sharing_world import CODE, NAME, UNGUARDED, audience_of, change, sync_each
from sync_world import World

MARIA, NIKOS, ZOI, PETROS = (f"{name}@galaxy.gr" for name in ("maria", "nikos", "zoi", "petros"))
OTHER = "Άλλο κοινό"


class Movers:
    """Maria opted out of the first audience; the others are where the collections moved to.

    Attributes:
        to: what the collections share after the move; None: each has an audience of its own.
        people: contacts by address.
        ids: collections by code.
    """

    def __init__(
        self, world: World, first: str | None, to: str | None, *codes: str, arrive: bool = True
    ) -> None:
        self.world, self.to = world, to
        offers = world.collection("OFFERS", shared_audience=NAME)
        self.ids = {code: world.collection(code, shared_audience=first) for code in codes}
        ids = list(self.ids.values())
        self.people = {one: world.contact(one, *ids) for one in (MARIA, ZOI, PETROS)}
        # He stays in the first audience when the collections leave it.
        self.people[NIKOS] = world.contact(NIKOS, offers, *ids)
        sync_each(world, 2)
        for code in codes if first is None else (CODE,):
            world.act(MARIA, "unsubscribe", code)
        sync_each(world)
        if arrive:
            self.move()

    def move(self) -> None:
        """The collections get the other audience, and arrive."""
        for code in self.ids:
            change(self.world, code, shared_audience=self.to)
        sync_each(self.world, 3)

    def code_of(self, code: str) -> str:
        """The code of the audience that a collection has now."""
        return code if self.to is None else f"shared:{self.to}"

    def of(self, code: str) -> set[str]:
        """Who gets the mails of a collection."""
        with self.world.provider() as provider:
            list_id = audience_of(self.world, self.code_of(code))
            subscribed = {
                one.subscriber_hash: one.email_address
                for one in provider.members(list_id)
                if one.status == "subscribed"
            }
            if self.to is None:
                return set(subscribed.values())
            tags = [one for one in provider.tags(list_id) if one.name.endswith(f"({code})")]
            return {
                subscribed[one.subscriber_hash]
                for tag in tags
                for one in provider.tag_members(list_id, tag.tag_id)
                if one.subscriber_hash in subscribed
            }

    def everybody(self) -> dict[str, set[str]]:
        """Who gets the mails of each collection."""
        return {code: self.of(code) for code in self.ids}

    def in_audience(self, list_id: str) -> dict[str, str]:
        """The status of each member of an audience, also of archived ones."""
        with self.world.provider() as provider:
            return {
                one.email_address: one.status
                for status in (None, "archived")
                for one in provider.members(list_id, status=status)
            }

    def assert_quiet(self) -> None:
        """A further run writes nothing."""
        before = self.world.write_requests()
        self.world.sync(options=UNGUARDED)
        assert self.world.write_requests() == before


def blocked(world: World, code: str) -> Callable[[], None]:
    """The collection has no campaign type; gives how that is mended."""
    change(world, code, campaign_type=None)
    return lambda: change(world, code, campaign_type="NEWS")


def inactive(world: World, code: str) -> Callable[[], None]:
    """The collection is inactive; gives how that is mended."""
    change(world, code, is_active=False)
    return lambda: change(world, code, is_active=True)


def without_provider(world: World, code: str) -> Callable[[], None]:
    """The collection has no external provider; gives how that is mended."""
    change(world, code, external_provider=None)
    return lambda: change(world, code, external_provider="mailchimp")
