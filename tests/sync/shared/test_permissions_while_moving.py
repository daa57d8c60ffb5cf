"""Marketing permissions that people took back right before a loss, in an audience that is left."""

from __future__ import annotations

import pytest

from sharing_world import CODE, NAME, UNGUARDED, audience_of, change, sync_each, tagged, with_status
from sync_world import World

MARIA, ZOI, NIKOS = "maria@galaxy.gr", "zoi@galaxy.gr", "nikos@galaxy.gr"
EMAIL = "Email"
OTHER = "Άλλο κοινό"


class Place:
    """NEWS and OFFERS, in audiences with marketing permissions; Maria takes that of NEWS back."""

    def __init__(self, world: World, *, is_shared: bool) -> None:
        self.world = world
        news = world.collection("NEWS", shared_audience=NAME if is_shared else None)
        offers = world.collection("OFFERS", shared_audience=NAME)
        for email in (MARIA, NIKOS):
            world.contact(email, news, offers)
        # Zoi's address is another contact's, too, who gave no consent: she never gets a permission.
        world.contact(ZOI, news, offers)
        world.contact(ZOI, news, consent=None)
        sync_each(world, 2)
        codes = [CODE] if is_shared else [CODE, "NEWS"]
        with world.provider() as provider:
            for code in codes:
                changes = {"marketing_permissions": True}
                provider.client.lists.update_list(audience_of(world, code), changes)
        world.crm.execute("update crm.contact_collection set marketing_permission = %s", (EMAIL,))
        world.sync(full_refresh=True)
        world.act(MARIA, "take_back_permissions", codes[-1], marketing_permissions=[EMAIL])

    def given(self) -> set[str]:
        """Addresses that give the permission in the shared audience."""
        with self.world.provider() as provider:
            return {
                member.email_address
                for member in provider.members(audience_of(self.world))
                if any(one.is_given and one.text == EMAIL for one in member.permissions)
            }


@pytest.mark.parametrize("goes_to", [None, OTHER])
@pytest.mark.parametrize("is_previewed", [False, True])
def test_the_shared_audience_still_finds_it_out(
    gdpr: World, goes_to: str | None, is_previewed: bool
) -> None:
    """NEWS reads the audience before the audience's own run does, which alone looks for that."""
    place = Place(gdpr, is_shared=True)
    change(gdpr, "NEWS", shared_audience=goes_to)
    gdpr.forget_ledger()
    if is_previewed:
        gdpr.sync(dry_run=True, options=UNGUARDED)

    sync_each(gdpr, 2)

    assert tagged(gdpr, "OFFERS") == {NIKOS, ZOI}
    assert MARIA not in place.given()
    code = "NEWS" if goes_to is None else f"shared:{goes_to}"
    assert with_status(gdpr, "subscribed", code) == {NIKOS, ZOI}


@pytest.mark.parametrize("is_previewed", [False, True])
def test_it_is_found_out_in_the_own_audience(gdpr: World, is_previewed: bool) -> None:
    Place(gdpr, is_shared=False)
    former = gdpr.list_id("NEWS")
    change(gdpr, "NEWS", shared_audience=NAME)
    gdpr.forget_ledger()
    if is_previewed:
        gdpr.sync(dry_run=True, options=UNGUARDED)

    sync_each(gdpr)

    assert tagged(gdpr, "NEWS") == {NIKOS, ZOI}
    assert tagged(gdpr, "OFFERS") == {MARIA, NIKOS, ZOI}
    with gdpr.provider() as provider:
        statuses = {one.email_address: one.status for one in provider.members(former)}
    assert statuses == {MARIA: "unsubscribed", NIKOS: "subscribed", ZOI: "subscribed"}
