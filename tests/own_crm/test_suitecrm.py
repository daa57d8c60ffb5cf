"""A copy of SuiteCRM behind the views of examples/crm_views/suitecrm, on both servers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from crm_mailchimp.crm.__main__ import main
from own_crm import suitecrm_oracle
from own_crm.suitecrm_oracle import contact_id
from own_crm_world import WITHOUT_WRITE_BACK, OwnCrmTemplate, OwnCrmWorld, findings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

NEWS_LIST = "11111111-0000-4000-8000-000000000001"
#: What the comments of sample.sql say.
HELD = {
    2: "no_consent", 3: "unreadable_consent", 4: "consent_withdrawn", 5: "consent_withdrawn",
    6: "missing_email", 7: "missing_email", 8: "consent_withdrawn", 9: "inactive_contact",
    10: "consent_withdrawn", 11: "consent_withdrawn", 12: "consent_withdrawn",
    13: "unreadable_consent", 14: "consent_withdrawn", 16: "consent_withdrawn",
}  # fmt: skip


@pytest.fixture(scope="module", params=["postgres", "debian_postgres"])
def template(request: pytest.FixtureRequest) -> Iterator[OwnCrmTemplate]:
    template = OwnCrmTemplate(request.getfixturevalue(request.param), "suitecrm")
    yield template
    template.close()


@pytest.fixture
def world(template: OwnCrmTemplate, mailchimp_sandbox: Any) -> Iterator[OwnCrmWorld]:
    with template.fresh() as own:
        world = OwnCrmWorld(own, mailchimp_sandbox)
        yield world
        world.close()


def number_of(one: int) -> int:
    return contact_id(contact(one))


def contact(one: int) -> str:
    return f"c0000000-0000-4000-8000-{one:012}"


def address(one: int) -> str:
    return f"a0000000-0000-4000-8000-{one:012}"


def assert_as_the_oracle_says(world: OwnCrmWorld) -> None:
    said = suitecrm_oracle.reasons(world.crm, NEWS_LIST)
    assert world.open_reasons("NEWS") == {
        contact_id(one): word for one, word in said.items() if word
    }
    eligible = [one for one, word in said.items() if word is None]
    rows = world.crm.execute(
        "select lower(email_address) from suitecrm.email_addresses as one inner join"
        " suitecrm.email_addr_bean_rel as link on one.id = link.email_address_id"
        " where bean_id = any(%s) and primary_address = 1 and link.deleted = 0",
        (eligible,),
    ).fetchall()
    assert {email.lower() for email in world.subscribed("NEWS")} == {row[0] for row in rows}


def test_the_sample_and_what_happens_to_it_later(
    world: OwnCrmWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    assert findings(world.own) == [
        *WITHOUT_WRITE_BACK,
        *(
            ("to do", f"crm.consent.{words}. Correct them in the CRM, or in the view")
            for words in (
                "granted: 2 rows (null); their contacts are held back (unreadable_consent)",
                "effective_at: 1 rows (null, or a withdrawal after the year 8999); their contacts"
                " are held back (unreadable_consent)",
            )
        ),
    ]
    assert main(["try-query", "--dsn", world.own.query, "--collection", "ATHENS"]) == 0
    assert "contacts: 16 (rows: 16)" in capsys.readouterr().out

    results = world.sync()
    assert {result.state for result in results.values()} == {"succeeded"}, results
    assert world.open_reasons("NEWS") == {number_of(one): word for one, word in HELD.items()}
    assert world.subscribed("NEWS") == {"maria@example.gr", "lina@example.gr"}
    assert world.subscribed("ATHENS") == {"maria@example.gr", "lina@example.gr"}
    assert results["OFFERS"].counts["eligible"] == 0
    assert results["OFFERS"].counts["staged"] == 16
    assert_as_the_oracle_says(world)

    # An opt-out in SuiteCRM's own table, at another address of the person and in other letters.
    world.crm.execute(
        "insert into suitecrm.email_addresses values (%s, 'MARIA@Example.GR', 'MARIA@EXAMPLE.GR',"
        " 0, 1, 'not-opt-in', null, now(), now(), 1)",
        (address(900),),
    )
    withdrawn = world.sync()
    assert withdrawn["NEWS"].counts["removed"] == 1
    assert world.remote("NEWS") == {
        "maria@example.gr": "unsubscribed", "lina@example.gr": "subscribed",
    }  # fmt: skip
    assert_as_the_oracle_says(world)

    # The time of a confirmation is lost, and an older opt-out can be read.
    world.crm.execute(
        "update suitecrm.email_addresses set confirm_opt_in_date = null where id = %s",
        (address(15),),
    )
    held = world.sync()
    assert held["NEWS"].state == "succeeded", held["NEWS"].detail
    assert world.remote("NEWS")["lina@example.gr"] == "unsubscribed"
    assert world.open_reasons("NEWS")[number_of(15)] == "unreadable_consent"
    assert_as_the_oracle_says(world)


def test_random_contacts_end_as_the_oracle_says(world: OwnCrmWorld) -> None:
    draw = random.Random(1)
    for one in range(1000, 1250):
        _insert(world.crm, draw, one)

    results = world.sync(["NEWS"])

    assert results["NEWS"].state == "succeeded", results["NEWS"].detail
    assert len(set(world.open_reasons("NEWS").values())) == 8
    assert len(world.subscribed("NEWS")) > 20
    assert_as_the_oracle_says(world)


def _insert(crm: psycopg.Connection[Any], draw: random.Random, one: int) -> None:
    times = ["2023-05-01 10:00", "2024-05-01 10:00", "2025-05-01 10:00"]
    crm.execute(
        "insert into suitecrm.contacts (id, date_modified, deleted, lawful_basis)"
        " values (%s, %s, %s, %s)",
        (
            contact(one), draw.choice(times), draw.choice([0] * 20 + [1, None]),
            draw.choice([None] * 20 + ["^consent^", "^withdrawn^"]),
        ),
    )  # fmt: skip
    crm.execute(
        "insert into suitecrm.prospect_lists_prospects values (%s, %s, %s, 'Contacts', %s, %s)",
        (f"entry-{one}", NEWS_LIST, contact(one), times[0], draw.choice([0] * 20 + [1])),
    )
    for number in range(draw.choice([1, 1, 1, 2])):
        email = f"p{draw.choice([one] * 15 + [draw.randrange(1000, one + 1)])}"
        email += draw.choice(["@mail.gr"] * 30 + ["@antagonistis.gr"])
        own = one * 10 + number
        crm.execute(
            "insert into suitecrm.email_addresses values"
            " (%s, %s, %s, %s, %s, %s, %s, null, %s, %s)",
            (
                address(own), email, email.upper(), draw.choice([0] * 25 + [1, None]),
                draw.choice([0] * 15 + [1, 1, None]),
                draw.choice(["confirmed-opt-in"] * 8 + ["opt-in", "not-opt-in", None]),
                draw.choice(times * 6 + [None]), draw.choice(times * 8 + [None]),
                draw.choice([0] * 30 + [1]),
            ),
        )  # fmt: skip
        crm.execute(
            "insert into suitecrm.email_addr_bean_rel (id, email_address_id, bean_id, bean_module,"
            " primary_address, deleted) values (%s, %s, %s, 'Contacts', %s, %s)",
            (
                f"link-{own}", address(own), contact(one),
                draw.choice([1] * 20 + [0]) if number == 0 else draw.choice([0] * 9 + [1]),
                draw.choice([0] * 20 + [1]),
            ),
        )  # fmt: skip
