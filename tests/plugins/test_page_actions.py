"""Forms of the page: whose they are, what they may do, and the record of each look-up."""

from __future__ import annotations

import html
from typing import Any

import psycopg
import pytest

from campaign_world import CampaignWorld
from crm_mailchimp.data_protection.retention import Ages, apply
from crm_mailchimp.sync.refusals.suppression import open_suppression
from page_reader import Reader, reading
from sharing_world import NAME, by_hand, change, share

ADDRESS = "filos@mail.gr"
FILOS, MARIA = 901, 902


@pytest.fixture
def world(campaigning: CampaignWorld) -> CampaignWorld:
    news = campaigning.collection()
    campaigning.contact(ADDRESS, news, contact_id=FILOS)
    campaigning.contact("maria@mail.gr", news, contact_id=MARIA)
    campaigning.consent(MARIA, granted=False)
    campaigning.sync()
    return campaigning


def post(reader: Reader, path: str, **fields: str) -> Any:
    return reader.client.post(
        path, data=fields, headers={"Accept": "text/html"}, follow_redirects=False
    )


def lookups(world: CampaignWorld) -> list[tuple[Any, ...]]:
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        return warehouse.execute(
            "select looked_up_by, kind, digest, was_known from sync.person_lookup order by 1, 2"
        ).fetchall()


def test_a_look_up_says_why_and_leaves_a_row_without_the_address(world: CampaignWorld) -> None:
    with reading(world.warehouse_dsn, username="ελένη") as reader:
        answer = post(reader, "/person", token=reader.token(), who=f"  {ADDRESS.upper()} ")
        assert answer.status_code == 200
        text = html.unescape(answer.text)
        assert f"Contacts of the CRM: {FILOS}" in text and "Nothing is against it." in text
        assert ADDRESS not in text.lower(), "the page does not repeat it"
        assert answer.headers["Cache-Control"] == "no-store"
        greek = reader.client.post(
            "/person",
            data={"token": reader.token(), "who": f"{MARIA}"},
            headers={"Accept-Language": "el"},
        )
        assert "Η επαφή ανακάλεσε τη συγκατάθεση" in greek.text
        nobody = post(reader, "/person", token=reader.token(), who="kanenas@mail.gr")
        assert "The warehouse knows no such contact." in nobody.text
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        digester = open_suppression(warehouse)
    assert sorted(lookups(world), key=str) == sorted(
        [
            ("ελένη", "address", digester.address(ADDRESS), True),
            ("ελένη", "contact", digester.contact(MARIA), True),
            ("ελένη", "address", digester.address("kanenas@mail.gr"), False),
        ],
        key=str,
    )


@pytest.mark.parametrize(
    ("language", "words"), [("el", "κατηγορία ενημερωτικά δελτία"), ("en", "category newsletters")]
)
def test_a_look_up_names_the_category_of_a_consent_in_words(
    world: CampaignWorld, language: str, words: str
) -> None:
    with reading(world.warehouse_dsn) as reader:
        text = reader.client.post(
            "/person",
            data={"token": reader.token(), "who": f"{FILOS}"},
            headers={"Accept-Language": language},
        ).text
    assert words in html.unescape(text)


def test_a_look_up_names_a_shared_audience_as_people_do(world: CampaignWorld) -> None:
    share(world)
    change(world, "NEWS", shared_audience=NAME)
    world.sync()
    with reading(world.warehouse_dsn, username="ελένη") as reader:
        text = html.unescape(post(reader, "/person", token=reader.token(), who=ADDRESS).text)
    assert f"has the collection's tag in the shared audience {NAME}</span>" in text
    assert "no tag: gets none of its mail" not in text


def test_a_look_up_says_first_who_gets_none_of_a_collections_mail(world: CampaignWorld) -> None:
    share(world)
    change(world, "NEWS", shared_audience=NAME)
    world.contact("zoi@mail.gr", world.collection("ΒΙΒΛΙΑ", shared_audience=NAME))
    world.sync()
    by_hand(world, "NEWS", ADDRESS, "taken")
    world.sync()
    with reading(world.warehouse_dsn, username="ελένη") as reader:
        text = html.unescape(post(reader, "/person", token=reader.token(), who=ADDRESS).text)
    of_news = text.partition('<th scope="row">NEWS')[2].partition("</tr>")[0]
    assert '<span class="state">no tag: gets none of its mail</span>' in of_news
    assert '<span class="state good">' not in of_news


def test_a_look_up_shows_who_looked_before(world: CampaignWorld) -> None:
    with reading(world.warehouse_dsn, username="ελένη") as reader:
        first = post(reader, "/person", token=reader.token(), who=ADDRESS)
        assert "Nobody." in first.text, "not the look-up itself"
        post(reader, "/person", token=reader.token(), who="maria@mail.gr")
    with reading(world.warehouse_dsn, username="νίκος") as reader:
        by_contact = html.unescape(
            post(reader, "/person", token=reader.token(), who=f"{FILOS}").text
        )
        assert by_contact.count("· ελένη</li>") == 1, "of this person only"
        by_address = html.unescape(post(reader, "/person", token=reader.token(), who=ADDRESS).text)
        assert by_address.index("· νίκος</li>") < by_address.index("· ελένη</li>"), "newest first"
        greek = reader.client.post(
            "/person",
            data={"token": reader.token(), "who": f"{MARIA}"},
            headers={"Accept-Language": "el"},
        )
        assert "Ποιος αναζήτησε αυτό το άτομο πριν" in greek.text
        assert html.unescape(greek.text).count("· ελένη</li>") == 1


def test_a_look_up_says_since_when_somebody_is_out(world: CampaignWorld) -> None:
    world.consent(FILOS, granted=False)
    world.sync()
    world.warehouse.execute(
        "update sync.consent_proof set ended_at = '2026-06-01 12:00+00'"
        " where contact_id = %s and ended_at is not null",
        (FILOS,),
    )
    world.warehouse.execute(
        "update sync.member set status_since = '2026-06-03 12:00+00' where contact_id = %s",
        (FILOS,),
    )
    world.warehouse.execute(
        "update sync.quarantine set first_seen_at = '2026-06-02 12:00+00' where contact_id = %s",
        (FILOS,),
    )
    with reading(world.warehouse_dsn) as reader:
        text = post(reader, "/person", token=reader.token(), who=f"{FILOS}").text
    for words in ("ended 1 Jun 2026", "Since 2 Jun 2026", "Since 3 Jun 2026"):
        assert words in text, words


def test_nobody_who_left_is_called_eligible(world: CampaignWorld) -> None:
    """The newest snapshot found the contact eligible. Then the person left in Mailchimp."""
    fine = "Nothing is against it."
    with reading(world.warehouse_dsn) as reader:
        assert fine in post(reader, "/person", token=reader.token(), who=f"{FILOS}").text
        world.warehouse.execute(
            "update sync.member set status = 'unsubscribed', cause = 'own_unsubscribe'"
            " where contact_id = %s",
            (FILOS,),
        )
        text = post(reader, "/person", token=reader.token(), who=f"{FILOS}").text
    assert "the person unsubscribed" in text
    assert "Eligible, and not sent yet." not in text and fine not in text


@pytest.mark.parametrize("who", [f"c-{FILOS}", f" C-{FILOS} "])
def test_the_value_of_the_field_crmref_is_an_id(world: CampaignWorld, who: str) -> None:
    with reading(world.warehouse_dsn) as reader:
        text = post(reader, "/person", token=reader.token(), who=who).text
    assert f"Contacts of the CRM: {FILOS}" in text


@pytest.mark.parametrize("who", ["", "   ", "0", "c-0", "9" * 30])
def test_nobody_asked_for_is_no_look_up(world: CampaignWorld, who: str) -> None:
    with reading(world.warehouse_dsn) as reader:
        answer = post(reader, "/person", token=reader.token(), who=who)
        assert "Enter an address, or an id." in answer.text
    assert lookups(world) == []


def test_a_look_up_that_breaks_is_recorded_all_the_same(
    world: CampaignWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reading(world.warehouse_dsn) as reader:
        token = reader.token()
        world.warehouse.execute("alter table sync.refusal rename to refusal_elsewhere")
        assert post(reader, "/person", token=token, who=ADDRESS).status_code == 503
    assert [row[3] for row in lookups(world)] == [None]


@pytest.mark.parametrize("role", ["viewer", "user", "op"])
def test_nobody_else_looks_anybody_up(world: CampaignWorld, role: str) -> None:
    with reading(world.warehouse_dsn, username="άννα") as admin:
        token = admin.token()
    with reading(world.warehouse_dsn, role=role, username="άννα") as reader:
        assert "You may not do this" in reader.get("person", 403)
        assert post(reader, "/person", token=token, who=ADDRESS).status_code == 403
        assert 'href="person"' not in reader.get()
    assert lookups(world) == []


def test_records_of_look_ups_go_with_their_age(world: CampaignWorld) -> None:
    with reading(world.warehouse_dsn) as reader:
        post(reader, "/person", token=reader.token(), who=ADDRESS)
    world.warehouse.execute(
        "insert into sync.person_lookup (looked_up_at, looked_up_by, kind, digest)"
        " values (now() - interval '1200 days', 'παλιός', 'contact', 'x')"
    )
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        assert apply(warehouse, Ages())["person_lookups"] == 1
    assert [row[0] for row in lookups(world)] == ["άννα"]


@pytest.mark.parametrize("path", ["/do/sync", "/do/preview", "/do/answer", "/do/erase", "/person"])
def test_a_form_of_somebody_else_does_nothing(world: CampaignWorld, path: str) -> None:
    with reading(world.warehouse_dsn, username="άλλη") as other:
        foreign = other.token()
    with reading(world.warehouse_dsn) as reader:
        own = reader.token()
        for token in ("", "x", foreign, own[:-2]):
            assert "The form is too old" in post(reader, path, token=token, who=ADDRESS).text
        crossed = reader.client.post(
            path,
            data={"token": own, "who": ADDRESS},
            headers={"Accept": "text/html", "Sec-Fetch-Site": "cross-site"},
        )
        assert (crossed.status_code, "The form is too old" in crossed.text) == (403, True)
        assert reader.client.get(path).status_code == (200 if path == "/person" else 405)
    assert lookups(world) == []


def test_a_viewer_gets_no_buttons_and_no_action(world: CampaignWorld) -> None:
    with reading(world.warehouse_dsn, username="άννα") as admin:
        token = admin.token()
    with reading(world.warehouse_dsn, role="viewer", username="άννα") as reader:
        assert "<button" not in reader.get()
        assert "Sync now" not in reader.get("collection?code=NEWS")
        for action in ("sync", "preview", "defaults", "erase", "answer"):
            answer = post(
                reader, f"/do/{action}", token=token, contact="1", question="removals", number="1",
                answer="approve",
            )  # fmt: skip
            assert "You may not do this" in answer.text, action


@pytest.mark.parametrize(
    ("action", "fields", "status"),
    [
        ("erase", {}, 400),
        ("erase", {"contact": "1; 2"}, 400),
        ("erase", {"contact": "٣"}, 400),
        ("answer", {"question": "removals", "number": "1", "answer": "maybe"}, 400),
        ("answer", {"question": "others", "number": "1", "answer": "approve"}, 400),
        ("answer", {"question": "removals", "number": "x", "answer": "approve"}, 400),
        ("drop", {}, 404),
    ],
)
def test_a_wrong_form_is_refused(
    world: CampaignWorld, action: str, fields: dict[str, str], status: int
) -> None:
    """An erasure without a contact would erase all who asked."""
    with reading(world.warehouse_dsn) as reader:
        answer = post(reader, f"/do/{action}", token=reader.token(), **fields)
        assert answer.status_code == status
        large = post(reader, f"/do/{action}", token=reader.token(), more="α" * 20_000)
        assert large.status_code == 400
