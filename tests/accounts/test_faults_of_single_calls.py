"""Single calls fail in one account: people end where the CRM says, in both."""

from __future__ import annotations

import pytest

from accounts_world import SECOND, SECOND_PROVIDER, AccountsWorld
from crm_mailchimp.accounts import DEFAULT_ACCOUNT

#: Two collections share an audience in each account.
CODES = {"A1": "mailchimp", "A2": "mailchimp", "B1": SECOND_PROVIDER, "B2": SECOND_PROVIDER}


@pytest.mark.parametrize("kind", ["429", "503", "drop_before", "drop_after"])
@pytest.mark.parametrize("broken", [SECOND, DEFAULT_ACCOUNT])
def test_people_end_where_the_crm_says(world: AccountsWorld, kind: str, broken: str) -> None:
    world.crm.execute("alter table crm.contact_collection add column shared_audience text")
    ids = {
        code: world.collection(code, shared_audience="Κοινό", external_provider=provider)
        for code, provider in CODES.items()
    }
    people = {
        name: world.contact(f"{name}@mail.gr", *ids.values(), first_name="Άννα")
        for name in ("anna", "nikos", "zoe", "eleni")
    }
    world.sync_all()
    (list_id,) = world.audiences(broken)
    campaign = world.mail_in(broken, list_id)
    healthy = DEFAULT_ACCOUNT if broken == SECOND else SECOND

    world.act_in(broken, list_id, "anna@mail.gr", "complain", campaign_id=campaign)
    world.consent(people["nikos"], granted=False)
    for collection in ids.values():
        world.leave(collection, people["zoe"])
    world.contact("petros@mail.gr", *ids.values(), first_name="Πέτρος")
    sandbox = world.second if broken == SECOND else world.sandbox
    sandbox.control("POST", "faults", {"next": [{"kind": kind, "count": 12, "method": "POST"}]})
    ended = world.sync_all()
    sandbox.control("POST", "faults", {"clear": True})

    of_healthy = {
        code
        for code, provider in CODES.items()
        if (provider == SECOND_PROVIDER) == (healthy == SECOND)
    }
    assert {code for code in of_healthy if not ended[code].startswith("succeeded")} == set()
    for _ in range(2):
        world.pass_seconds()
        ended = world.sync_all()
    assert all(words.startswith("succeeded") for words in ended.values()), ended
    for account in (DEFAULT_ACCOUNT, SECOND):
        assert world.people(account) == {
            "anna@mail.gr": "unsubscribed",
            "nikos@mail.gr": "unsubscribed",
            "zoe@mail.gr": "archived",
            "eleni@mail.gr": "subscribed",
            "petros@mail.gr": "subscribed",
        }
