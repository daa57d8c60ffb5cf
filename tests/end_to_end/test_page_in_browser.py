"""The page "Mailchimp" in a real browser on the real Airflow, as viewer, user and admin."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
import pytest
import requests

from airflow_world import wait_until
from browser import DESKTOP, PHONE, Browser, running_browser
from end_to_end.planted import MARKER_NAME, MARKER_SURNAME

if TYPE_CHECKING:
    from end_to_end.conftest import World

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("airflow"), pytest.mark.timeout(900)]

ROLES = ("viewer", "user", "admin")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def views(world: World) -> dict[str, str]:
    """Name of each view to its path."""
    with psycopg.connect(world.services.warehouse) as warehouse:
        campaign = warehouse.execute("select campaign_id from stats.campaigns").fetchone()
    assert campaign
    return {
        "overview": "",
        "collection": "collection?code=NEWSLETTER",
        "campaigns": "campaigns",
        "campaign": f"campaign?code={campaign[0]}",
        "plan": f"plan?run={quote(world.first.run_id, safe='')}",
        "person": "person",
    }


@pytest.fixture
def signed_in(world: World, browser: Browser) -> Callable[[str], str]:
    """A browser of a user; the address of the page."""
    file = world.installation.airflow_home / "passwords.json"
    passwords = json.loads(file.read_text(encoding="utf-8"))
    url = world.airflow.url

    def sign_in(role: str) -> str:
        answer = requests.post(
            f"{url}/auth/token", json={"username": role, "password": passwords[role]}, timeout=60
        )
        browser.open_tab()
        browser.set_cookie(url, "_token", answer.json()["access_token"])
        return f"{url}/mailchimp-page/"

    return sign_in


@pytest.mark.parametrize("role", ROLES)
def test_each_view_opens_without_an_error(
    browser: Browser, views: dict[str, str], signed_in: Callable[[str], str], role: str
) -> None:
    page = signed_in(role)
    for name, path in views.items():
        for size in (DESKTOP, PHONE):
            for language in ("en", "el"):
                browser.look(size=size, language=language, dark=size == PHONE)
                browser.go(page + path)
                where = f"{name} {language} {size}"
                if name == "person" and role != "admin":
                    assert browser.status == 403, where
                    continue
                assert browser.status == 200, where
                assert browser.problems == [], where
                assert browser.run("document.documentElement.lang") == language, where
                width = browser.run("document.documentElement.scrollWidth")
                assert width <= size[0], f"{where}: {width} pixels wide"
                assert {one.startswith(page) for one in browser.requested} == {True}, where
                assert "@" not in browser.text, where
                for word in (MARKER_NAME, MARKER_SURNAME):
                    assert word.lower() not in browser.text.lower(), where
                assert_readable_by_machines(browser, where)


def assert_readable_by_machines(browser: Browser, where: str) -> None:
    """What a screen reader needs, and a keyboard."""
    assert browser.run("document.querySelectorAll('h1').length") == 1, where
    assert browser.run("document.querySelectorAll('main, header, nav').length") >= 3, where
    levels = browser.run("[...document.querySelectorAll('h1,h2,h3')].map(h => +h.tagName[1])")
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    unnamed = [
        role
        for role, name in browser.accessible_names()
        if role in ("link", "button", "textbox", "combobox", "image") and not name.strip()
    ]
    assert unnamed == [], where
    assert browser.run("[...document.querySelectorAll('thead th')].every(h => h.scope)"), where


def test_the_keyboard_begins_with_the_way_to_the_content(
    browser: Browser, signed_in: Callable[[str], str]
) -> None:
    browser.go(signed_in("viewer"))
    browser.press("Tab")
    assert browser.run("document.activeElement.className") == "skip"
    browser.press("Enter")
    browser.wait_for("document.activeElement.id === 'main'")
    browser.press("Tab")
    assert browser.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_switch_is_remembered(browser: Browser, signed_in: Callable[[str], str]) -> None:
    page = signed_in("viewer")
    browser.go(page + "collection?code=NEWSLETTER")
    assert "Parameters in force" in browser.text
    browser.click(".switch a[lang=el]")
    assert browser.run("location.search") == "?code=NEWSLETTER", "back where the reader was"
    assert "Παράμετροι που ισχύουν" in browser.text
    browser.go(page)
    assert browser.run("document.documentElement.lang") == "el"


def test_the_frame_has_the_theme_of_airflow_and_leads_out_of_itself(
    world: World, browser: Browser, signed_in: Callable[[str], str]
) -> None:
    signed_in("viewer")
    browser.look(dark=None)
    inside = "document.querySelector('iframe')?.contentDocument"
    browser.go(f"{world.airflow.url}/plugin/mailchimp")
    colours = {}
    for theme in ("light", "dark"):
        browser.run(f"localStorage.setItem('theme', '{theme}')")
        browser.go(f"{world.airflow.url}/plugin/mailchimp")
        browser.wait_for(f"{inside}?.querySelector('h1')")
        colours[theme] = browser.run(
            "(d => d.defaultView.getComputedStyle(d.body).color)(" + inside + ")"
        )
    assert colours["light"] != colours["dark"]
    browser.run(inside + ".querySelector('a[href*=\"dags/sync_collections/runs\"]').click()")
    browser.wait_for("location.pathname.startsWith('/dags/sync_collections/runs/')")


def test_without_a_login_to_airflows_login_and_back(
    world: World, browser: Browser, signed_in: Callable[[str], str]
) -> None:
    page = signed_in("viewer")
    browser.open_tab()
    browser.go(f"{page}campaigns")
    assert "/auth/login" in browser.run("location.pathname")
    browser.wait_for("document.querySelector('input[name=username]')")
    passwords = json.loads(
        (world.installation.airflow_home / "passwords.json").read_text(encoding="utf-8")
    )
    for name, value in (("username", "viewer"), ("password", passwords["viewer"])):
        browser.run(f"document.querySelector('input[name={name}]').focus()")
        browser.type(value)
    browser.press("Enter")
    browser.wait_for("location.pathname === '/mailchimp-page/campaigns'")


def test_a_preview_is_started_by_a_button(
    world: World, browser: Browser, signed_in: Callable[[str], str]
) -> None:
    page = signed_in("viewer")
    browser.go(f"{page}collection?code=NEWSLETTER")
    assert browser.run("document.querySelectorAll('button').length") == 1, "the filter alone"
    page = signed_in("user")
    before = set(world.airflow.run_ids("preview_collections"))
    browser.go(f"{page}collection?code=NEWSLETTER")
    browser.click("form[action='do/preview'] button")
    assert "The preview was started." in browser.text
    (started,) = set(world.airflow.run_ids("preview_collections")) - before
    run = world.airflow.get(f"dags/preview_collections/dagRuns/{started}")
    assert run["conf"]["collections"] == ["NEWSLETTER"]
    assert run["triggering_user_name"] == "user"
    wait_until(
        lambda: (
            world.airflow.get(f"dags/preview_collections/dagRuns/{started}")["state"]
            not in ("queued", "running")
        )
    )


def test_a_person_is_looked_up_and_the_look_up_is_recorded(
    world: World, browser: Browser, signed_in: Callable[[str], str]
) -> None:
    page = signed_in("admin")
    with psycopg.connect(world.services.crm) as crm:
        row = crm.execute(
            "select contact_id, email from crm.contact inner join crm.collection_member"
            " using (contact_id) where email like '%@%' and is_active limit 1"
        ).fetchone()
    assert row
    browser.go(f"{page}person")
    browser.fill("#who", row[1])
    browser.click("main form button")
    assert str(row[0]) in browser.text
    assert row[1].lower() not in browser.text.lower()
    assert "@" not in browser.run("location.href")
    with psycopg.connect(world.services.warehouse) as warehouse:
        noted = warehouse.execute(
            "select looked_up_by, kind, was_known from sync.person_lookup"
        ).fetchall()
    assert noted == [("admin", "address", True)]
