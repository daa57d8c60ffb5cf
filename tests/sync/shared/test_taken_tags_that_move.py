"""Somebody took a tag by hand, and the person has another address when the collection moves."""

from __future__ import annotations

import pytest

from sharing_world import CODE, NAME, by_hand, change, sync_each, tagged, with_status
from sync_world import World

MARIA, MARIA_NEW, NIKOS = "maria@galaxy.gr", "maria.nea@galaxy.gr", "nikos@galaxy.gr"


@pytest.mark.parametrize("goes_to", [None, "Άλλο κοινό"])
@pytest.mark.parametrize("comes_back", [True, False])
def test_an_address_of_mailchimp_under_a_new_contact_id(
    sharing: World, goes_to: str | None, comes_back: bool
) -> None:
    """The CRM follows the address that Maria chose in Mailchimp, and loads her as a new contact."""
    news = sharing.collection("NEWS", shared_audience=NAME)
    offers = sharing.collection("OFFERS", shared_audience=NAME)
    maria = sharing.contact(MARIA, news, offers)
    sharing.contact(NIKOS, news, offers)
    sync_each(sharing, 2)
    by_hand(sharing, "NEWS", MARIA, "taken")
    sync_each(sharing)
    sharing.act(MARIA, "change_email", CODE, new_email_address=MARIA_NEW)
    sync_each(sharing)

    sharing.change_contact(maria, email=MARIA_NEW)
    for table in ("collection_member", "consent", "contact"):
        sharing.crm.execute(
            f"update crm.{table} set contact_id = 9000 where contact_id = %s", (maria,)
        )
    change(sharing, "NEWS", shared_audience=goes_to)
    sync_each(sharing, 2)

    code = "NEWS" if goes_to is None else f"shared:{goes_to}"
    assert with_status(sharing, "subscribed", code) == {NIKOS}
    if comes_back:
        change(sharing, "NEWS", shared_audience=NAME)
        sync_each(sharing, 2)
        assert tagged(sharing, "NEWS") == {NIKOS}
        by_hand(sharing, "NEWS", MARIA_NEW, "given")
        sync_each(sharing, 2)
        assert tagged(sharing, "NEWS") == {MARIA_NEW, NIKOS}
