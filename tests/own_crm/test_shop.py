"""A shop's own CRM behind the views of examples/crm_views/shop, on both servers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from crm_mailchimp.crm.__main__ import main
from own_crm import shop_oracle
from own_crm_world import WITHOUT_WRITE_BACK, OwnCrmTemplate, OwnCrmWorld, findings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

LISTS = {"NEWS": (10, "newsletter"), "OFFERS": (20, "offer")}
#: What the comments of sample.sql say, row by row.
NEWS = {
    4: "consent_withdrawn", 5: "unreadable_consent", 6: "unreadable_consent",
    7: "unreadable_consent", 8: "unreadable_consent", 9: "missing_email", 10: "missing_email",
    11: "inactive_contact", 12: "erased_contact", 13: "unreadable_row", 14: "consent_withdrawn",
    15: "inactive_contact", 16: "shared_address_refused", 17: "duplicate_email",
    18: "consent_withdrawn", 20: "unreadable_row", 21: "invalid_email",
    22: "consent_not_yet_effective",
}  # fmt: skip
OFFERS = {
    2: "no_consent", 3: "consent_expired", 4: "no_consent", 8: "unreadable_consent",
    **{one: NEWS[one] for one in (5, 6, 7, 9, 10, 11, 12, 13, 15, 17, 20, 21, 22)},
}  # fmt: skip


@pytest.fixture(scope="module", params=["postgres", "debian_postgres"])
def template(request: pytest.FixtureRequest) -> Iterator[OwnCrmTemplate]:
    template = OwnCrmTemplate(request.getfixturevalue(request.param), "shop")
    yield template
    template.close()


@pytest.fixture
def world(template: OwnCrmTemplate, mailchimp_sandbox: Any) -> Iterator[OwnCrmWorld]:
    with template.fresh() as own:
        world = OwnCrmWorld(own, mailchimp_sandbox)
        yield world
        world.close()


def assert_as_the_oracle_says(world: OwnCrmWorld) -> None:
    for code, (listno, category) in LISTS.items():
        said = shop_oracle.reasons(world.crm, listno, category)
        assert world.open_reasons(code) == {one: word for one, word in said.items() if word}
        addresses = {
            (shop_oracle.main_address(world.crm, custno) or "").strip().lower()
            for custno, word in said.items()
            if word is None
        }
        assert {email.lower() for email in world.subscribed(code)} == addresses


def test_the_sample_and_what_happens_to_it_later(
    world: OwnCrmWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    assert findings(world.own) == [
        *WITHOUT_WRITE_BACK,
        *(
            ("to do", f"crm.{words}. Correct them in the CRM, or in the view")
            for words in (
                "contact.is_active: 2 rows (null); their contacts are held back (unreadable_row)",
                "consent.granted: 1 rows (null); their contacts are held back (unreadable_consent)",
                "consent.effective_at: 3 rows (null, or a withdrawal after the year 8999); their"
                " contacts are held back (unreadable_consent)",
            )
        ),
    ]
    assert main(["try-query", "--dsn", world.own.query, "--collection", "ATHENS"]) == 0
    assert "contacts: 14 (rows: 14)" in capsys.readouterr().out

    results = world.sync()
    assert {code: result.state for code, result in results.items()} == {
        "NEWS": "succeeded", "OFFERS": "succeeded", "ATHENS": "succeeded",
    }, results  # fmt: skip
    assert world.open_reasons("NEWS") == NEWS
    assert world.open_reasons("OFFERS") == OFFERS
    assert world.subscribed("NEWS") == {f"pelatis{one}@example.gr" for one in (1, 2, 3)}
    assert {email.lower() for email in world.subscribed("OFFERS")} == {
        "oikogeneia@example.gr",
        *(f"pelatis{one}@example.gr" for one in (1, 14, 18, 19)),
    }
    assert_as_the_oracle_says(world)
    assert world.subscribed("ATHENS") == {f"pelatis{one}@example.gr" for one in (1, 3)}
    fields = world.remote_fields("pelatis1@example.gr")
    assert "2019-05-03" in fields.values(), fields
    assert 120 in fields.values(), fields
    left_out = world.warehouse.execute(
        "select contact_id from sync.quarantine where reason_code = 'invalid_field_value'"
        " and collection_code = 'NEWS'"
    ).fetchall()
    assert {"contact_id": 2} in left_out, "the first order of 2 cannot be read"

    again = world.sync()
    assert {code: result.counts["unchanged"] for code, result in again.items()} == {
        "NEWS": 3, "OFFERS": 5, "ATHENS": 2,
    }  # fmt: skip
    assert not any(result.counts["updated"] for result in again.values())

    # A later no, in the shop's own table.
    world.crm.execute(
        "update shop.customer set ok_news = 0, ok_news_on = to_char(now(), 'DD/MM/YYYY'),"
        " changed = now() at time zone 'Europe/Athens' where custno = 2"
    )
    withdrawn = world.sync()
    assert withdrawn["NEWS"].counts["removed"] == 1
    assert withdrawn["OFFERS"].counts["removed"] == 0
    assert world.remote("NEWS")["pelatis2@example.gr"] == "unsubscribed"
    assert_as_the_oracle_says(world)

    # A day that becomes unreadable.
    world.crm.execute("update shop.customer set ok_news_on = 'την Τρίτη' where custno = 3")
    held = world.sync()
    assert held["NEWS"].state == "succeeded", held["NEWS"].detail
    assert world.open_reasons("NEWS") == {
        **NEWS, 2: "consent_withdrawn", 3: "unreadable_consent",
    }  # fmt: skip
    assert world.subscribed("NEWS") == {"pelatis1@example.gr"}
    assert world.remote("NEWS")["pelatis3@example.gr"] == "archived"
    assert_as_the_oracle_says(world)


def test_a_no_follows_the_customer_to_every_address(world: OwnCrmWorld) -> None:
    """Another main address, another number, the old address in other hands: all of it is tried."""
    world.sync()
    world.crm.execute(
        # 4 said no. 4 gets the address of 2 as well, and gives the own main address to 3.
        "update shop.customer_mail set is_main = 0 where mailno = 4;"
        "insert into shop.customer_mail values (201, 4, 'PELATIS2@example.gr', 1, 0, 0);"
        "update shop.customer_mail set is_main = 0 where mailno = 3;"
        "insert into shop.customer_mail values (202, 3, 'pelatis4@example.gr', 1, 0, 0);"
        # A duplicate of 1 with an own number says no at another address.
        "insert into shop.customer (custno, blocked, deleted, same_as, ok_news, changed)"
        " values (501, 0, 0, 1, 0, now());"
    )

    results = world.sync(["NEWS"])

    assert results["NEWS"].state == "succeeded", results["NEWS"].detail
    reasons = world.open_reasons("NEWS")
    assert [reasons[one] for one in (1, 2, 3)] == [
        "consent_withdrawn", "shared_address_refused", "shared_address_refused",
    ]  # fmt: skip
    assert world.subscribed("NEWS") == set()
    assert world.remote("NEWS")["pelatis1@example.gr"] == "unsubscribed"
    assert world.remote("NEWS")["pelatis2@example.gr"] == "unsubscribed"

    # 19 asks to be forgotten. An old address of 19 is the main one of 14.
    world.sync(["OFFERS"])
    world.crm.execute(
        "insert into shop.customer_mail values (203, 19, 'pelatis14@example.gr', 0, 0, 1);"
        "update shop.customer set forget_on = '1/1/2024' where custno = 19;"
    )
    world.sync(["OFFERS"])
    reasons = world.open_reasons("OFFERS")
    assert [reasons[19], reasons[14]] == ["erased_contact", "shared_address_refused"]
    assert "pelatis14@example.gr" not in world.subscribed("OFFERS")


def test_a_list_that_is_closed_or_gone_keeps_its_people(world: OwnCrmWorld) -> None:
    world.sync()
    world.crm.execute(
        "update shop.mailing_list set closed = 1 where listno = 10;"
        "delete from shop.mailing_list where listno = 20;"
        "update shop.customer set ok_news = 0, changed = now() where custno = 2;"
    )

    results = world.sync()

    assert results["OFFERS"].state == "blocked"
    assert results["OFFERS"].detail.startswith("unreadable_row"), results["OFFERS"].detail
    assert results["NEWS"].detail.startswith("inactive_collection"), results["NEWS"].detail
    assert world.subscribed("NEWS") == {f"pelatis{one}@example.gr" for one in (1, 3)}
    assert len(world.subscribed("OFFERS")) == 5


#: Texts that are no day. Each holds back one customer.
TEXTS = [
    ("ok_news_on", "١٧/٠٣/٢٠٢٤"), ("ok_news_on", "03/17/2024"), ("ok_news_on", "30.2.2024"),
    ("ok_news_on", "29/2/2023"), ("ok_news_on", "17/3/2024 24:00"), ("ok_news_on", "0/1/2024"),
    ("ok_news_on", "17/3.2024"), ("ok_news_on", "0000-00-00"), ("ok_news_on", "1/1/1899"),
    ("ok_news_on", "\u00a017/3/2024"), ("ok_news_on", "99999999999/1/2024"),
    ("ok_news_on", "2024-03-17 09:60"), ("ok_news_on", "17-3-2024"), ("ok_news_on", "x"),
    ("ok_offers_until", "\u00a0"), ("ok_offers_until", "31.12.20990"),
]  # fmt: skip


def test_random_customers_end_as_the_oracle_says(world: OwnCrmWorld) -> None:
    draw = random.Random(1)
    for custno in range(1000, 1250):
        _insert_customer(world.crm, draw, custno)
    for custno, (column, text) in enumerate(TEXTS, 600):
        _insert_customer_with(world.crm, custno, column, text)
    world.crm.execute(
        "insert into shop.mailing_list_customer select listno, custno, 'x', 0 from shop.customer,"
        " (values (10), (20)) as list (listno) where custno >= 600"
    )

    results = world.sync(["NEWS", "OFFERS"])

    assert {result.state for result in results.values()} == {"succeeded"}, results
    reasons = world.open_reasons("NEWS")
    assert [reasons[one] for one in range(600, 600 + len(TEXTS))] == (
        ["unreadable_consent"] * len(TEXTS)
    )
    assert len(set(reasons.values())) == 11
    assert len(world.subscribed("NEWS")) > 20
    assert_as_the_oracle_says(world)


def _insert_customer_with(
    crm: psycopg.Connection[Any], custno: int, column: str, text: str
) -> None:
    crm.execute(
        "insert into shop.customer (custno, blocked, deleted, ok_news, ok_news_on, ok_offers,"
        " ok_offers_on, changed) values (%s, 0, 0, 1, '1/1/2024', 1, '1/1/2024', now())",
        (custno,),
    )
    crm.execute(f"update shop.customer set {column} = %s where custno = {custno}".encode(), (text,))
    crm.execute(
        "insert into shop.customer_mail values (%s, %s, %s, 1, 0, 0)",
        (custno, custno, f"p{custno}@mail.gr"),
    )


def _insert_customer(crm: psycopg.Connection[Any], draw: random.Random, custno: int) -> None:
    days = [
        "17/3/2024", "1.2.2023 09:30", "2022-11-05 23:59:59", "2022-11-05T08:00", "17/3/24", "",
        "31/02/2024", "2090-01-01", "χθες", " 5/6/2021 ", "5/6/2021 7:05", None,
    ]  # fmt: skip
    good = days[:4] * 6
    row = {
        "custno": custno,
        "surname": "Ιωάννου",
        "blocked": draw.choice([0] * 20 + [1, None]),
        "deleted": draw.choice([0] * 20 + [1, 2]),
        "forget_on": draw.choice([None, "", "0000-00-00"] * 12 + ["1/1/2024", "ναι"]),
        "same_as": draw.choice([0] * 9 + [custno - 1 if custno > 1000 else 0]),
        "ok_news": draw.choice([1] * 12 + [0, 0, None, 7]),
        "ok_news_on": draw.choice(good + days),
        "ok_offers": draw.choice([1] * 8 + [0, None, None]),
        "ok_offers_on": draw.choice(good + days),
        "ok_offers_until": draw.choice([None, ""] * 10 + ["1/1/2023", "31.12.2090", "πάντα"]),
        "changed": draw.choice(["2024-05-01 10:00"] * 9 + [None]),
    }
    marks = ", ".join(["%s"] * len(row))
    crm.execute(
        f"insert into shop.customer ({', '.join(row)}) values ({marks})".encode(),
        list(row.values()),
    )
    for number in range(draw.choice([1, 1, 1, 2, 3])):
        holder = draw.choice([custno] * 9 + [draw.randrange(1000, custno + 1)])
        crm.execute(
            "insert into shop.customer_mail values (%s, %s, %s, %s, %s, %s)",
            (
                custno * 10 + number, custno, draw.choice(["τυχαίο", f"P{holder}@Mail.gr "])
                if draw.random() < 0.05 else f"p{holder}@mail.gr",
                draw.choice([1] * 12 + [0]) if number == 0 else draw.choice([0] * 12 + [1]),
                draw.choice([0] * 25 + [1]), draw.choice([0] * 20 + [1]),
            ),
        )  # fmt: skip
