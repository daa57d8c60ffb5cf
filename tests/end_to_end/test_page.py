"""The page "Mailchimp" as the real API server serves it: who may see it, and what it says."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import psycopg
import pytest
import requests

from crm_mailchimp.sandbox.airflow_processes import USER
from end_to_end.planted import COLLECTION, COMMENTS, MARKER_NAME, MARKER_SURNAME, MARKER_WORD

if TYPE_CHECKING:
    from end_to_end.conftest import World

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("airflow"), pytest.mark.timeout(900)]


def get(world: World, **headers: str) -> requests.Response:
    return requests.get(f"{world.airflow.url}/mailchimp-page/", headers=headers, timeout=60)


@pytest.fixture(scope="module")
def page(world: World) -> str:
    login = requests.post(
        f"{world.airflow.url}/auth/token",
        json={"username": USER, "password": world.installation.secrets().airflow_password},
        timeout=60,
    )
    answer = get(world, Authorization=f"Bearer {login.json()['access_token']}")
    assert answer.status_code == 200, answer.text
    assert "script" not in answer.headers["Content-Security-Policy"]
    return answer.text


def test_nobody_sees_it_without_a_login(world: World) -> None:
    assert get(world).status_code == 401
    refused = get(world, Authorization="Bearer something")
    assert refused.status_code in (401, 403)
    assert "NEWSLETTER" not in get(world).text + refused.text


def test_it_is_in_the_menu(world: World) -> None:
    plugins = world.airflow.get("plugins")["plugins"]
    (ours,) = [plugin for plugin in plugins if plugin["name"] == "mailchimp_page"]
    (view,) = ours["external_views"]
    assert (view["name"], view["destination"]) == ("Mailchimp", "nav")
    assert requests.get(f"{world.airflow.url}/{view['href']}", timeout=60).status_code == 401


def test_collections_carry_owner_shared_and_comments(world: World, page: str) -> None:
    with psycopg.connect(world.services.crm) as crm:
        rows = crm.execute(
            "select code, description, resource.name, is_shared, comments"
            " from crm.contact_collection as collection"
            " left join crm.resource as resource on collection.owner_id = resource.resource_id"
            " where external_provider is not null and is_active"
        ).fetchall()
    assert len(rows) > 5
    for code, description, owner, is_shared, comments in rows:
        start = page.index(f"<strong>{html.escape(description)}</strong>")
        row = page[start : page.index("</tr>", start)]
        assert code in row
        assert owner is None or f"<td>{html.escape(owner)}</td>" in row
        assert ("not shared" in row) is not is_shared
        assert not comments or html.escape(comments).replace("&#x27;", "&#39;") in row
    assert "<script>" not in page
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
    start = page.index("NEWSLETTER ·")
    assert f'<td class="number">{subscribed}</td>' in page[start : page.index("</tr>", start)]
    assert len(reasons) > 5
    assert all(f'<span class="note">{reason}</span>' in page for (reason,) in reasons)
    assert "Νέα Νοεμβρίου" in page
    assert "no_campaign_type" in page


def test_it_names_nobody(world: World, page: str) -> None:
    key = world.installation.secrets().mailchimp_key
    for word in (MARKER_NAME, MARKER_SURNAME, MARKER_WORD, key, "@"):
        assert word.lower() not in page.lower()
