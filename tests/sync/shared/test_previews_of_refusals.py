"""A preview of a change takes no refusal away, and makes none that the run would not make."""

from __future__ import annotations

from typing import Any

import pytest

from sharing_world import (
    CODE,
    NAME,
    UNGUARDED,
    audience_of,
    change,
    last_run,
    quarantine,
    rows,
    sync_each,
    tagged,
    with_status,
)
from sync_world import World

MARIA, ZOI, NIKOS = "maria@galaxy.gr", "zoi@galaxy.gr", "nikos@galaxy.gr"
EMAIL, POST = "Email", "Direct Mail"
#: What says which permission counts, and who took it back.
PERMISSIONS = ("gdpr_audience", "refusal", "refusal_contact", "member")


def state(world: World) -> dict[str, list[Any]]:
    """What is known of permissions."""
    return {
        name: rows(world, f"select to_jsonb(one) as row from sync.{name} as one order by 1")
        for name in PERMISSIONS
    }


def count(world: World, permission: str) -> None:
    """The CRM names another permission."""
    world.crm.execute("update crm.contact_collection set marketing_permission = %s", (permission,))


@pytest.mark.parametrize("refuses", ["unsubscribes", "is archived by hand"])
@pytest.mark.parametrize("previews", [1, 2])
def test_after_a_loss_a_preview_of_sharing_keeps_refusals(
    sharing: World, refuses: str, previews: int
) -> None:
    """The preview reads the own audience for the first time. Then the run reads nothing new."""
    news = sharing.collection("NEWS")
    offers = sharing.collection("OFFERS", shared_audience=NAME)
    maria = sharing.contact(MARIA, news, offers)
    sharing.contact(NIKOS, news, offers)
    sync_each(sharing, 2)
    if refuses == "unsubscribes":
        sharing.act(MARIA, "unsubscribe", "NEWS")
    else:
        sharing.archive_by_hand(MARIA, "NEWS")
    sync_each(sharing)
    sharing.forget_ledger()
    change(sharing, "NEWS", shared_audience=NAME)

    for _ in range(previews):
        sharing.sync(dry_run=True, options=UNGUARDED)
    sync_each(sharing, 2)

    assert tagged(sharing, "NEWS") == {NIKOS}
    assert tagged(sharing, "OFFERS") == {MARIA, NIKOS}
    assert ("NEWS", maria) in quarantine(sharing)


@pytest.mark.parametrize("is_shared", [True, False], ids=["shared", "own"])
def test_another_permission_in_a_preview_alone_refuses_nothing(
    gdpr: World, is_shared: bool
) -> None:
    """Somebody tries another permission, looks at the preview, and takes it back in the CRM."""
    code = CODE if is_shared else "NEWS"
    news = gdpr.collection("NEWS", shared_audience=NAME if is_shared else None)
    for email in (MARIA, ZOI, NIKOS):
        gdpr.contact(email, news)
    gdpr.sync()
    with gdpr.provider() as provider:
        changes = {"marketing_permissions": True}
        provider.client.lists.update_list(audience_of(gdpr, code), changes)
    count(gdpr, EMAIL)
    gdpr.sync(full_refresh=True)
    gdpr.act(MARIA, "give_permissions", code, marketing_permissions=[POST])
    sync_each(gdpr)
    gdpr.act(MARIA, "take_back_permissions", code, marketing_permissions=[POST])
    gdpr.act(ZOI, "take_back_permissions", code, marketing_permissions=[EMAIL])
    sync_each(gdpr)
    count(gdpr, POST)
    gdpr.stage(dry_run=True)
    before = state(gdpr)

    gdpr.sync(dry_run=True, options=UNGUARDED)

    assert "suppressed_permission" in last_run(gdpr, "NEWS")["detail"]
    assert state(gdpr) == before
    count(gdpr, EMAIL)
    sync_each(gdpr, 2)
    assert with_status(gdpr, "subscribed", code) == {MARIA, NIKOS}
    # Not so if the run is to do it.
    count(gdpr, POST)
    sync_each(gdpr, 2)
    assert with_status(gdpr, "subscribed", code) == {NIKOS}


@pytest.mark.parametrize("asks", [False, True])
def test_a_preview_counts_only_the_tags_that_people_get(sharing: World, asks: bool) -> None:
    """Who opted out of the audience, or is asked first, gets no tag: the detail says so, too."""
    sharing.crm.execute("alter table crm.contact_collection add confirm_new_members boolean")
    news = sharing.collection("NEWS")
    offers = sharing.collection("OFFERS", shared_audience=NAME)
    for email in (MARIA, ZOI):
        sharing.contact(email, news, offers)
    sharing.contact(NIKOS, news)
    sync_each(sharing, 2)
    sharing.act(MARIA, "unsubscribe", CODE)
    sync_each(sharing)
    change(sharing, "NEWS", shared_audience=NAME, confirm_new_members=asks)

    sharing.sync(dry_run=True, options=UNGUARDED)
    planned = last_run(sharing, "NEWS")["detail"]
    change(sharing, "NEWS", confirm_new_members=asks)
    sync_each(sharing)

    given = len(tagged(sharing, "NEWS"))
    assert given == (1 if asks else 2)
    assert f"tag {given}" in planned
