"""The page "Mailchimp" as the real API server serves it: who may see it, and what it says."""

from __future__ import annotations

import csv
import html
import io
import re
from typing import TYPE_CHECKING

import psycopg
import pytest
import requests

from end_to_end.planted import COLLECTION, COMMENTS, MARKER_NAME, MARKER_SURNAME, MARKER_WORD
from local_installation.airflow_processes import USER

if TYPE_CHECKING:
    from end_to_end.conftest import World

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("airflow"), pytest.mark.timeout(900)]


def get(world: World, path: str = "", **headers: str) -> requests.Response:
    url = f"{world.airflow.url}/mailchimp-page/{path}"
    return requests.get(url, headers=headers, timeout=60)


@pytest.fixture(scope="module")
def login(world: World) -> dict[str, str]:
    answer = requests.post(
        f"{world.airflow.url}/auth/token",
        json={"username": USER, "password": world.installation.secrets().airflow_password},
        timeout=60,
    )
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.fixture(scope="module")
def page(world: World, login: dict[str, str]) -> str:
    answer = get(world, **login)
    assert answer.status_code == 200, answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    return answer.text


def test_nobody_sees_it_without_a_login(world: World) -> None:
    assert get(world).status_code == 401
    refused = get(world, Authorization="Bearer something")
    assert refused.status_code in (401, 403)
    assert "NEWSLETTER" not in get(world).text + refused.text


@pytest.mark.parametrize("path", ["quarantine.csv", "data-docs/1/", "data-docs/1/index.html"])
def test_nobody_gets_a_file_without_a_login(world: World, path: str) -> None:
    assert get(world, path).status_code == 401


def test_the_quarantine_is_there_for_a_spreadsheet(
    world: World, page: str, login: dict[str, str]
) -> None:
    link = "quarantine.csv?collection=NEWSLETTER"
    assert f'href="{link}"' in page
    answer = get(world, link, **login)
    assert answer.status_code == 200
    assert "quarantine-NEWSLETTER.csv" in answer.headers["Content-Disposition"]
    text = answer.content.decode("utf-8")
    assert text.startswith('\ufeff"collection_code";"contact_id";')
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    with psycopg.connect(world.services.warehouse) as warehouse:
        expected = warehouse.execute(
            "select contact_id, reason_code from sync.quarantine"
            " where resolved_at is null and collection_code = 'NEWSLETTER'"
        ).fetchall()
    assert expected
    assert {(int(row["contact_id"]), row["reason_code"]) for row in rows} == set(expected)
    assert "@" not in text


def test_data_docs_are_a_click_away(world: World, page: str, login: dict[str, str]) -> None:
    (link,) = set(re.findall(r'href="(data-docs/[0-9]+/)"', page))
    answer = get(world, link, **login)
    assert answer.status_code == 200, answer.text
    assert "Staged contacts" in answer.text and "eligible_without_consent" in answer.text
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert get(world, f"{link}static/images/favicon.ico", **login).status_code == 200
    for path in ("data-docs/999999/", f"{link}nothing.html", f"{link}..%2f..%2fairflow.cfg"):
        missing = get(world, path, **login)
        assert missing.status_code == 404, path
        assert "DATA_DOCS_DIR" in missing.text


def test_it_is_in_the_menu(world: World) -> None:
    plugins = world.airflow.get("plugins")["plugins"]
    (ours,) = [plugin for plugin in plugins if plugin["name"] == "mailchimp_page"]
    (view,) = ours["external_views"]
    assert (view["name"], view["destination"]) == ("Mailchimp", "nav")
    assert requests.get(f"{world.airflow.url}/{view['href']}", timeout=60).status_code == 401


def test_collections_carry_owner_and_comments(world: World, page: str) -> None:
    with psycopg.connect(world.services.crm) as crm:
        rows = crm.execute(
            "select code, description, resource.name, comments"
            " from crm.contact_collection as collection"
            " left join crm.resource as resource on collection.owner_id = resource.resource_id"
            " where external_provider is not null and is_active"
        ).fetchall()
    assert len(rows) > 5
    for code, description, owner, comments in rows:
        start = page.index(f'<tr id="collection-{code}">')
        row = page[start : page.index("</tr>", start)]
        assert f">{html.escape(description)}</a>" in row
        assert owner is None or f" · {html.escape(owner)}" in row
        assert not comments or html.escape(comments).replace("&#x27;", "&#39;") in row
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page, f"{COLLECTION} has the comment {COMMENTS!r}"


def test_counts_and_reasons_are_the_warehouses(world: World, page: str) -> None:
    with psycopg.connect(world.services.warehouse) as warehouse:
        (subscribed,) = warehouse.execute(
            "select count(*) from sync.member join sync.audience using (list_id)"
            " where collection_code = 'NEWSLETTER' and status = 'subscribed'"
        ).fetchone() or (0,)
        reasons = warehouse.execute(
            "select distinct reason_code from sync.quarantine where resolved_at is null"
        ).fetchall()
    start = page.index('<tr id="collection-NEWSLETTER">')
    assert f'data-name="Subscribed">{subscribed:,}</td>' in page[start : page.index("</tr>", start)]
    assert len(reasons) > 5
    assert all(f"reason={reason}#quarantine" in page for (reason,) in reasons)
    assert "Νέα Νοεμβρίου" in page
    assert "The collection has no campaign type." in page
    # Who is pushed without a field is not counted among those who are held back.
    held_back = sum(map(int, re.findall(r"</strong> ([0-9]+) contacts?\.</summary>", page)))
    with psycopg.connect(world.services.warehouse) as warehouse:
        row = warehouse.execute(
            "select count(*) filter (where reason_code <> 'invalid_field_value'), count(*)"
            " from sync.quarantine where resolved_at is null"
        ).fetchone()
    assert row and row[0] == held_back < row[1]


def test_it_names_nobody(world: World, page: str) -> None:
    key = world.installation.secrets().mailchimp_key
    words = page.replace("@media", "").lower()
    assert "@media" in page, "the style is in the page"
    for word in (MARKER_NAME, MARKER_SURNAME, MARKER_WORD, key, "@"):
        assert word.lower() not in words
