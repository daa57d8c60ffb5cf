"""The last collection of a shared audience leaves it. Somebody deletes the audience afterwards."""

from __future__ import annotations

import pytest

from crm_mailchimp.sync.audience.former_audiences import retire_by_code
from sharing_world import (
    CODE,
    NAME,
    audience_of,
    change,
    last_run,
    quarantine,
    sync_each,
    with_status,
)
from sync_world import World

MARIA, ZOI = "maria@galaxy.gr", "zoi@galaxy.gr"


@pytest.fixture
def zoi(sharing: World) -> int:
    """NEWS was alone in the shared audience, and is in its own now; gives Ζωή's contact."""
    news = sharing.collection("NEWS", shared_audience=NAME)
    sharing.contact(MARIA, news)
    contact = sharing.contact(ZOI, news)
    sync_each(sharing)
    change(sharing, "NEWS", shared_audience=None)
    sync_each(sharing, 3)
    assert with_status(sharing, "subscribed", "NEWS") == {MARIA, ZOI}
    return contact


def test_nobody_is_archived_and_withdrawals_go_out(sharing: World, zoi: int) -> None:
    assert with_status(sharing, "subscribed") == {MARIA, ZOI}
    assert "no active collection of the CRM shares this audience" in str(
        last_run(sharing, CODE)["detail"]
    )

    sharing.regrant(zoi, granted=False)
    sync_each(sharing, 2)

    assert with_status(sharing, "subscribed") == {MARIA}
    assert with_status(sharing, "subscribed", "NEWS") == {MARIA}


@pytest.mark.parametrize("how", ["archive", "delete", "retire and delete"])
def test_its_members_stay_in_their_own_audience(sharing: World, zoi: int, how: str) -> None:
    left = audience_of(sharing)
    if how.startswith("retire"):
        with sharing.connect(sharing.warehouse_dsn) as warehouse:
            retire_by_code(warehouse, CODE)
    with sharing.provider() as provider:
        if how == "archive":
            for member in list(provider.members(left)):
                provider.client.lists.delete_list_member(left, member.subscriber_hash)
        else:
            provider.client.lists.delete_list(left)
    sharing.sandbox.control("POST", "clock/advance", {"seconds": 5})

    sync_each(sharing, 3)

    assert with_status(sharing, "subscribed", "NEWS") == {MARIA, ZOI}
    assert quarantine(sharing) == {}
