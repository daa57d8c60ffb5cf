"""Each view from a real warehouse, in both languages, and what it says when it cannot read it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from airflow.sdk.exceptions import AirflowNotFoundException

from campaign_world import CampaignWorld
from crm_mailchimp.page_content.campaigns import phase_of
from page_reader import Reader, reading
from sharing_world import NAME, share

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
GREEK = {"Accept-Language": "el"}


@pytest.fixture
def world(campaigning: CampaignWorld) -> CampaignWorld:
    return campaigning


@pytest.fixture
def reader(world: CampaignWorld) -> Iterator[Reader]:
    with reading(world.warehouse_dsn) as reader:
        yield reader


def test_an_empty_warehouse_says_what_to_do_first(reader: Reader) -> None:
    assert "No collection yet. Start with a preview" in reader.get()
    assert "Δεν υπάρχει ακόμη συλλογή. Ξεκινήστε με μια προεπισκόπηση" in reader.get(**GREEK)
    assert "No campaign in this month." in reader.get("campaigns")
    for path in ("collection?code=ΟΧΙ", "campaign?code=ΟΧΙ", "plan?run=ΟΧΙ", "nothing"):
        assert "Nothing has this name" in reader.get(path, 404), path


def test_a_collection_says_what_is_in_force_and_who_is_held_back(
    world: CampaignWorld, reader: Reader
) -> None:
    news = world.collection()
    for number in range(60):
        world.contact(f"χωρίς-{number}", news)
    world.contact("filos@mail.gr", news)
    world.sync()
    text = html.unescape(reader.get("collection?code=NEWS"))
    assert "Changes by run" in text and "1 added, 0 updated, 0 removed" in text
    assert "made by the sync" in text
    assert text.count("The e-mail address is not well formed.") >= 50
    following = re.search(r'href="(collection\?code=NEWS&reason=&after=\d+)#quarantine"', text)
    assert following
    rest = reader.get(following[1])
    assert rest.count('<td data-name="Since">') == 10
    assert "Next contacts" not in rest
    other = reader.get("collection?code=NEWS&reason=no_consent")
    assert '<td data-name="Since">' not in other
    assert "quarantine.csv?collection=NEWS&amp;reason=no_consent" in other
    assert "filos" not in text
    greek = reader.get("collection?code=NEWS", **GREEK)
    assert "Παράμετροι που ισχύουν" in greek and 'lang="el"' in greek
    assert "Η διεύθυνση e-mail δεν έχει σωστή μορφή." in greek


def test_each_sender_value_says_where_it_comes_from(world: CampaignWorld, reader: Reader) -> None:
    own = world.collection("NEWS", use_provider_defaults=False, city="Χανιά", company=" ")
    others = world.collection("OFFERS", use_provider_defaults=True, city="Ηράκλειο")
    for number, collection in enumerate((own, others)):
        world.contact(f"filos{number}@mail.gr", collection)
    world.sync()

    def source(code: str, name: str) -> tuple[str, str]:
        text = html.unescape(reader.get(f"collection?code={code}"))
        found = re.search(
            rf'<th scope="row">{name}</th><td[^>]*>(.*?)</td>\s*<td[^>]*>(.*?)</td>',
            text,
            re.DOTALL,
        )
        assert found, name
        return found[1], found[2]

    assert source("NEWS", "City") == ("Χανιά", "the collection in the CRM")
    assert source("NEWS", "Company of the sender")[1] == "the provider in the CRM", (
        "its own value is blank"
    )
    assert source("OFFERS", "City")[1] == "the provider in the CRM"
    guard = "Ποσοστό αφαιρέσεων που απαιτεί έγκριση"
    greek = html.unescape(reader.get("collection?code=NEWS", **GREEK))
    assert "10,0 %" in greek.partition(guard)[2].partition("</tr>")[0]
    in_force = greek.partition('id="in-force"')[2].partition("</table>")[0]
    names = re.findall(r'<th scope="row">(.*?)</th>', in_force)
    assert len(names) > 20
    assert [name for name in names if re.search("[a-z]{2}", name)] == [], "a name of a column"
    assert "ενημερωτικά δελτία" in in_force, "the category, in words"
    assert source("OFFERS", "City")[0] != "Ηράκλειο"
    # A run from before the column does not know it.
    world.warehouse.execute("update sync.staged_collection set own_settings = null")
    assert source("NEWS", "City")[1] == "the collection in the CRM, or else its provider"
    filtered = html.unescape(reader.get("collection?code=NEWS&reason=no_consent"))
    assert "quarantine.csv?collection=NEWS&reason=no_consent" not in filtered, "nobody is held back"


def test_a_shared_audience_names_its_collections_and_tags(
    world: CampaignWorld, reader: Reader
) -> None:
    share(world)
    for code in ("ΝΕΑ", "ΒΙΒΛΙΑ"):
        collection = world.collection(code, shared_audience=NAME)
        world.contact(f"filos{len(code)}@mail.gr", collection)
    world.sync()
    text = html.unescape(reader.get("collection?code=ΝΕΑ"))
    assert "Shared audience" in text
    assert "Its members have the tag Συλλογή ΝΕΑ (ΝΕΑ)." in text
    assert ">ΒΙΒΛΙΑ</a>" in text
    assert "shared, as the collection in the CRM says" in text
    audience = html.unescape(reader.get(f"collection?code=shared:{NAME}"))
    assert ">ΒΙΒΛΙΑ</a>" in audience and ">ΝΕΑ</a>" in audience
    assert "Campaign type" not in audience, "each collection has its own"
    assert "Nobody is held back" not in audience, "one of its collections may hold somebody back"
    overview = html.unescape(reader.get())
    assert f"Shares the audience {NAME} with other collections." in overview
    assert f"shared:{NAME} · Shared audience" in overview, "it is no collection of fixed members"
    assert "ΝΕΑ · fixed members" in overview
    billed = overview.split('id="billed-audiences"')[1].split("</table>")[0]
    assert "<td>ΒΙΒΛΙΑ, ΝΕΑ</td>" in billed


def test_a_collection_that_failed_says_why_at_its_top(world: CampaignWorld, reader: Reader) -> None:
    world.contact("filos@mail.gr", world.collection("ΝΕΑ"))
    world.sync()
    healthy = reader.get("collection?code=ΝΕΑ")
    assert 'id="end"' not in healthy, "nothing is wrong"
    with world.provider() as provider:
        provider.client.lists.delete_list(world.list_id("ΝΕΑ"))
    world.contact("fili@mail.gr", 1)
    assert world.sync()["ΝΕΑ"].state == "blocked"
    world.sync(dry_run=True)
    text = html.unescape(reader.get("collection?code=ΝΕΑ"))
    top = text[text.index("<h1>") : text.index('id="runs"')]
    assert "Blocked: a person must decide" in top
    assert "The audience is not in the Mailchimp account. Does the CRM name the right one?" in top
    assert "audience_deleted" in top, "the technical detail"
    assert "Το κοινό δεν υπάρχει στον λογαριασμό Mailchimp." in reader.get(
        "collection?code=ΝΕΑ", **GREEK
    )


def test_a_campaign_says_in_plain_words_why_it_waits(world: CampaignWorld, reader: Reader) -> None:
    people = world.audience(12)
    world.schedule_early()
    planned_at = world.quarter_in(48)
    world.campaign(state="approved", planned_at=planned_at)
    world.step()
    world.design()
    for person in people[:7]:
        world.leave(1, person)
    world.sync()
    world.step()
    text = html.unescape(reader.get("campaign?code=NL-11"))
    assert "Held: the check before sending found something" in text
    assert "The last sync of the collection was blocked." in text
    assert "A person may release the campaign in spite of it." in text
    assert text.count("Technical detail") == 1, "the reason says what the campaign's row repeats"
    calendar = html.unescape(reader.get(f"campaigns?month={planned_at:%Y-%m}", **GREEK))
    assert "campaign?code=NL-11" in calendar
    assert re.search(r">\s*save\s*<", text + calendar) is None, "Mailchimp's word for a draft"


@pytest.mark.parametrize(
    ("status", "given", "expected"),
    [
        ("sent", {}, "sent"),
        ("schedule", {"planned_at": NOW + timedelta(hours=1)}, "planned"),
        ("schedule", {"planned_at": NOW - timedelta(hours=1)}, "overdue"),
        ("save", {"planned_at": NOW + timedelta(hours=1)}, "planned"),
        ("save", {"planned_at": NOW + timedelta(hours=1), "crm_state": "draft"}, "draft"),
        ("save", {"planned_at": NOW + timedelta(hours=1), "gate_is_open": False}, "held"),
        ("save", {"is_waiting": True, "planned_at": NOW - timedelta(hours=1)}, "waiting"),
        ("save", {"crm_state": "overdue"}, "overdue"),
        ("save", {"crm_state": "cancelled"}, "cancelled"),
        ("save", {}, "draft"),
        ("none", {"crm_state": "gone"}, "cancelled"),
        ("deleted", {}, "deleted"),
        ("sending", {"planned_at": NOW - timedelta(hours=1)}, "sending"),
        ("save", {"sent_at": NOW}, "sent"),
    ],
)
def test_what_happens_next(status: str, given: dict[str, Any], expected: str) -> None:
    usual: dict[str, Any] = {
        "planned_at": None, "sent_at": None, "gate_is_open": None, "is_waiting": False, "now": NOW,
    }  # fmt: skip
    assert phase_of(status=status, **{**usual, **given}) == expected


def failing(error: Exception) -> Callable[[], Any]:
    def connect() -> Any:
        raise error

    return connect


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (AirflowNotFoundException("x"), "Airflow has no connection warehouse_db."),
        (psycopg.OperationalError("password authentication failed"), "wrong login or password"),
        (psycopg.OperationalError("connection refused"), "does not answer"),
        (psycopg.errors.UndefinedTable("x"), "Check the connection warehouse_db."),
    ],
)
def test_a_warehouse_that_cannot_be_read_is_a_plain_sentence(error: Exception, words: str) -> None:
    with reading(failing(error)) as reader:
        for path in ("", "collection?code=A", "campaigns", "campaign?code=A", "plan?run=A"):
            text = reader.get(path, 503)
            assert words in text, path
            assert "Traceback" not in text
        assert "Η αποθήκη δεδομένων δεν διαβάζεται" in reader.get("", 503, **GREEK)


def test_a_view_that_breaks_says_so_in_the_readers_words() -> None:
    with reading(failing(ValueError("maria@mail.gr"))) as reader:
        text = reader.get("", 500)
        assert "Something went wrong" in text and "maria" not in text
        assert "Παρουσιάστηκε σφάλμα" in reader.get("campaigns", 500, **GREEK)


def test_a_file_that_is_not_here_is_a_page_in_the_readers_language(
    world: CampaignWorld, reader: Reader
) -> None:
    for path in ("quarantine.csv?collection=ΟΧΙ", "plan.csv?run=ΟΧΙ", "data-docs/999999/"):
        text = html.unescape(reader.get(path, 404, **GREEK))
        assert "Δεν βρέθηκε" in text, path
        assert "Επιστροφή στην επισκόπηση" in text, path


def test_a_database_that_is_no_warehouse_says_so(crm_db: str) -> None:
    from crm_mailchimp.warehouse.opening import require_current  # noqa: PLC0415 - for this test

    def connect() -> Any:
        connection = psycopg.connect(crm_db)
        require_current(connection)
        return connection

    with reading(connect) as reader:
        assert "leads to no warehouse" in reader.get("", 503)


def test_nobody_without_a_login_sees_anything_but_the_way_to_it() -> None:
    with reading(failing(AssertionError("asked")), role=None) as reader:
        answer = reader.client.get(
            "/campaigns?month=2026-11", headers={"Accept": "text/html"}, follow_redirects=False
        )
        assert answer.status_code == 303
        assert answer.headers["location"] == (
            "/api/v2/auth/login?next=%2Fcampaigns%3Fmonth%3D2026-11"
        )
        framed = reader.client.get("/", headers={"Accept": "text/html", "Sec-Fetch-Dest": "iframe"})
        assert framed.status_code == 401
        assert 'target="_top">Sign in</a>' in framed.text
        program = reader.client.get("/", headers={"Accept": "application/json"})
        assert (program.status_code, program.json()) == (401, {"detail": "Not authenticated"})
