"""What people read about a shared audience: explanations and plans."""

from __future__ import annotations

import html
import io

import psycopg

from crm_mailchimp.data_protection.explain import explain_address, explain_contact
from crm_mailchimp.data_protection.subject_access import access_by_address
from crm_mailchimp.sync.audience.former_audiences import retire_by_code
from crm_mailchimp.sync.decisions.plan_export import write_table
from page_reader import reading
from sharing_world import CODE, NAME, act, by_hand, change, fill_two, rows, sync_each, tagged
from sync_world import World


def explained(world: World, contact_id: int) -> dict[str, str]:
    """The paragraph of each collection, and of a refusal, by its first word."""
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        text = explain_contact(warehouse, contact_id).as_text()
    paragraphs = text.split("\n\n")
    found = {one.split(": ")[0]: one for one in paragraphs}
    assert len(found) == len(paragraphs), text
    return found


def test_one_address_has_another_contact_in_each_collection(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    maria = shared.contact("info@example.gr", offers)
    nikos = shared.contact("info@example.gr", news, offers)
    shared.sync()
    assert tagged(shared, "NEWS") == tagged(shared, "OFFERS") == {"info@example.gr"}

    of_nikos = explained(shared, nikos)
    assert of_nikos["NEWS"].startswith(
        f"NEWS: has the collection's tag in the audience {CODE}, subscribed there since "
    )
    assert "not pushed yet" not in of_nikos["NEWS"]
    assert of_nikos["OFFERS"].startswith(
        f"OFFERS: contact {maria} of the same address has the collection's tag in the audience "
    )
    assert "duplicate_email" in of_nikos["OFFERS"]
    of_maria = explained(shared, maria)
    assert of_maria["OFFERS"].startswith("OFFERS: has the collection's tag")
    assert of_maria["NEWS"].startswith("NEWS: does not have the collection's tag in the audience")
    with psycopg.connect(shared.warehouse_dsn) as warehouse:
        answer = explain_address(warehouse, "INFO@example.gr")
    in_news = [
        (row.contact_id, row.in_audience, row.has_tag)
        for row in answer.memberships
        if row.collection_code == "NEWS"
    ]
    assert in_news == [(nikos, True, True)]


def test_who_refused_one_category_is_not_explained_like_a_member_of_the_tag(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME, campaign_type="OFFER")
    maria = shared.contact("maria@example.gr", news, offers)
    shared.consent(maria, category="offer")
    shared.sync()
    shared.regrant(maria, granted=False, category="offer")
    shared.sync()

    paragraphs = explained(shared, maria)

    assert paragraphs["NEWS"].startswith("NEWS: has the collection's tag")
    assert paragraphs["OFFERS"].startswith(
        f"OFFERS: does not have the collection's tag in the audience {CODE}. "
        "The member is subscribed there"
    )
    assert "do not reach the member" in paragraphs["OFFERS"]
    assert "we took the tag away (consent_withdrawn)" in paragraphs["OFFERS"]
    assert f"{CODE}: in the audience, subscribed" in paragraphs[CODE]
    assert "to be removed" not in paragraphs[CODE]


def test_a_tag_taken_by_hand_says_what_gives_it_back(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    shared.collection("OFFERS", shared_audience=NAME)
    maria = shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", news)
    shared.sync()
    by_hand(shared, "NEWS", "maria@example.gr", "taken")
    shared.sync()

    paragraphs = explained(shared, maria)

    assert "it ends when somebody gives the tag again" in paragraphs["Refusal"]
    assert "subscribed again" not in paragraphs["Refusal"] + paragraphs["NEWS"]
    assert "held back: suppressed_archived. Somebody took the tag" in (paragraphs["NEWS"])
    assert "give the tag again there" in paragraphs["NEWS"]
    assert "unless a collection is blocked or a tag was taken by hand" in paragraphs[CODE]
    assert paragraphs["OFFERS"].startswith("OFFERS: does not have the collection's tag")

    by_hand(shared, "NEWS", "maria@example.gr", "given")
    shared.sync()

    paragraphs = explained(shared, maria)
    assert paragraphs["NEWS"].startswith("NEWS: has the collection's tag")
    assert "Mailchimp shows the tag at the member again" in paragraphs["Former refusal"]


def test_the_page_says_of_a_taken_tag_what_happened_and_what_ends_it(shared: World) -> None:
    """Not what the reason may mean as well: the member was never archived."""
    news = shared.collection("NEWS", shared_audience=NAME)
    maria = shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", news)
    shared.sync()
    by_hand(shared, "NEWS", "maria@example.gr", "taken")
    shared.sync()

    with reading(shared.warehouse_dsn) as reader:
        sent = {"token": reader.token(), "who": str(maria)}
        texts = [
            html.unescape(
                reader.client.post("/person", data=sent, headers={"Accept-Language": one}).text
            )
            for one in ("en", "el")
        ]

    for text, words, others in zip(
        texts,
        ("until somebody gives the tag again in Mailchimp", "έως ότου κάποιος δώσει ξανά"),
        ("archived the member", "αρχειοθέτησε"),
        strict=True,
    ):
        assert words in text
        assert others not in text


def test_a_tag_taken_by_hand_is_named_at_another_address_too(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    maria = shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", news)
    shared.sync()
    by_hand(shared, "NEWS", "maria@example.gr", "taken")
    shared.sync()
    shared.change_contact(maria, email="maria.nea@example.gr")
    shared.sync()

    with psycopg.connect(shared.warehouse_dsn) as warehouse:
        text = explain_contact(warehouse, maria).as_text()

    assert "held back: suppressed_archived. Somebody took the tag" in text
    assert "Somebody archived the member" not in text


def test_a_former_audience_that_others_use_is_named(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    maria = shared.contact("maria@example.gr", news, offers)
    shared.sync()
    shared.crm.execute(
        "update crm.contact_collection set shared_audience = null where code = 'NEWS'"
    )
    shared.sync()

    with psycopg.connect(shared.warehouse_dsn) as warehouse:
        text = explain_contact(warehouse, maria).as_text()

    assert f"a former audience of the collection. It is that of {CODE} now" in text
    assert "the collection left the shared audience" in text


def test_who_left_an_audience_has_one_paragraph_about_it(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    maria = shared.contact("maria@example.gr", news)
    nikos = shared.contact("nikos@example.gr", offers)
    for number in range(20):
        shared.contact(f"allos{number}@example.gr", news, offers)
    shared.sync()
    shared.leave(news, maria)
    act(shared, "nikos@example.gr", "unsubscribe")
    shared.sync()

    assert explained(shared, maria)[CODE].startswith(f"{CODE}: archived (archived by us")
    assert explained(shared, nikos)[CODE].startswith(f"{CODE}: unsubscribed (the person")


def test_a_plan_of_a_shared_audience_has_its_own_actions_only(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME, campaign_type="OFFER")
    people = [shared.contact(f"ola{number}@example.gr", news, offers) for number in range(20)]
    for one in people:
        shared.consent(one, category="offer")
    shared.sync()
    shared.leave(news, people[0])
    shared.leave(offers, people[0])
    shared.regrant(people[1], granted=False, category="offer")
    shared.regrant(people[2], granted=False, category="offer")
    shared.regrant(people[2], granted=False)
    shared.sync(dry_run=True)

    (run,) = rows(shared, "select run_id from sync.staging_run order by staging_id desc limit 1")
    table = io.StringIO()
    with psycopg.connect(shared.warehouse_dsn) as warehouse:
        write_table(warehouse, table, run["run_id"])
    parts = {one.split("  ")[0]: one for one in table.getvalue().split("\n\n") if one}
    assert set(parts) == {"NEWS", "OFFERS", CODE}
    # A contact is held back by collections. The audience archives and unsubscribes.
    assert "held_back" not in parts[CODE] and "held back" not in parts[CODE]
    assert f"{people[0]:>12}  left_collection" in parts[CODE]
    assert f"{people[2]:>12}  consent_withdrawn" in parts[CODE]
    assert str(people[1]) not in parts[CODE].split("\n", 2)[2].split()
    assert "held back by the check: consent_withdrawn 2" in parts["OFFERS"]
    assert "untag: the contact loses the collection's tag" in parts["NEWS"]


def test_a_name_that_somebody_mistyped_for_a_while_is_gone(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience="Κυνό")
    maria = shared.contact("maria@example.gr", news)
    shared.sync(dry_run=True)
    assert "shared:Κυνό" in explained(shared, maria)

    change(shared, "NEWS", shared_audience=NAME)
    sync_each(shared)

    codes = set(explained(shared, maria))
    assert {"NEWS", CODE} <= codes
    assert "shared:Κυνό" not in codes
    # One that is in Mailchimp stays, also when no collection shares it any more.
    change(shared, "NEWS", shared_audience=None)
    sync_each(shared, 2)
    with psycopg.connect(shared.warehouse_dsn) as warehouse:
        assert f"{CODE}: in the audience" in explain_contact(warehouse, maria).as_text()


def test_a_refusal_names_a_retired_shared_audience(shared: World) -> None:
    """By its code: the id is ours, and nobody knows it."""
    fill_two(shared)
    shared.sync()
    act(shared, "zoi@galaxy.gr", "unsubscribe")
    shared.sync()
    with shared.connect(shared.warehouse_dsn) as warehouse:
        retire_by_code(warehouse, CODE)
        explained = explain_address(warehouse, "zoi@galaxy.gr").as_text()
        known = access_by_address(warehouse, "zoi@galaxy.gr").as_json()
    assert f"holds for NEWS, OFFERS, {CODE}\n" in explained
    assert '"collection_codes": [\n          "NEWS",\n          "OFFERS",' in known
    assert "null\n" not in known.partition('"collection_codes"')[2].partition("]")[0]
