"""Pictures of each view of the page "Mailchimp" and of each dashboard, light and dark.

``make screenshots`` runs it. The page also has two languages and two screens. Titles of the
dashboards are in both languages at once.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from urllib.parse import quote

import psycopg
import pytest
import requests
import yaml

from browser import DESKTOP, PHONE, Browser, running_browser
from dashboards.bundle import ASSETS
from dashboards.provision import Superset
from end_to_end.pictured import FOLDER, Pictured, pictured_installation
from local_installation.bi import grant_bi
from local_installation.superset_processes import (
    ENVIRONMENT,
    USER,
    SupersetSettings,
    running_superset,
)
from superset_page import SIZE, log_in, open_dashboard, show_whole, shown_errors

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("airflow"), pytest.mark.timeout(1800)]

#: The README's pictures: the upper part of a view or dashboard, so many pixels high.
_README = {"overview": 1560, "campaign": 900, "people": 1255}


@pytest.fixture(scope="module")
def pictured() -> Iterator[Pictured]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in (*FOLDER.glob("*.png"), *FOLDER.glob("*.webp")):
        old.unlink()
    with pictured_installation() as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as opened:
        yield opened


def test_each_view_is_pictured(pictured: Pictured, browser: Browser) -> None:
    world, run_id = pictured.world, pictured.run_id
    with psycopg.connect(world.services.warehouse) as warehouse:
        row = warehouse.execute(
            "select campaign_id from stats.campaigns order by sent_at desc limit 1"
        ).fetchone()
    assert row
    views = {
        "overview": "",
        "collection": "collection?code=NEWSLETTER&reason=no_consent",
        "campaigns": "campaigns",
        "campaign": f"campaign?code={row[0]}",
        "plan": f"plan?run={quote(run_id, safe='')}",
        "person": "person",
    }
    file = world.installation.airflow_home / "passwords.json"
    password = json.loads(file.read_text(encoding="utf-8"))["admin"]
    url = world.airflow.url
    answer = requests.post(
        f"{url}/auth/token", json={"username": "admin", "password": password}, timeout=60
    )
    browser.set_cookie(url, "_token", answer.json()["access_token"])
    for name, path in views.items():
        for screen, size in (("desktop", DESKTOP), ("phone", PHONE)):
            for language in ("en", "el"):
                for colours in ("light", "dark"):
                    browser.look(size=size, dark=colours == "dark", language=language)
                    browser.go(f"{url}/mailchimp-page/{path}")
                    assert browser.status == 200
                    pictured.require_no_person(browser.run("document.body.textContent"), name)
                    browser.screenshot(FOLDER / f"{name}-{screen}-{language}-{colours}.png")
        if name in _README:
            browser.look(size=DESKTOP, language="en")
            browser.go(f"{url}/mailchimp-page/{path}")
            browser.screenshot(FOLDER / f"{name}.webp", height=_README[name])
    assert len(list(FOLDER.glob("*-desktop-*.png"))) >= len(views) * 4


def test_each_dashboard_is_pictured(pictured: Pictured, browser: Browser) -> None:
    if not ENVIRONMENT.is_dir():
        pytest.fail("Superset is not installed: tools/install_bi")
    installation, services = pictured.world.installation, pictured.world.services
    secrets = installation.secrets()
    settings = SupersetSettings(
        home=installation.superset_home,
        logs=installation.logs,
        running=installation.running,
        metadata_dsn=services.server.create_database("superset"),
        password=secrets.superset_password,
        secret_key=uuid.uuid4().hex * 2,
    )
    bi = grant_bi(services, secrets.bi_password)
    with running_superset(settings) as superset:
        with Superset(superset.url, USER, settings.password) as api:
            api.provision(bi)
        browser.open_tab()
        log_in(browser, superset.url, USER, settings.password)
        dashboards = sorted((ASSETS / "dashboards").glob("*.yaml"))
        assert len(dashboards) == 3
        for file in dashboards:
            asset = yaml.safe_load(file.read_text(encoding="utf-8"))
            parts = [part for part in asset["position"].values() if isinstance(part, dict)]
            charts = sum(part["type"] == "CHART" for part in parts)
            for colours in ("light", "dark"):
                browser.look(size=SIZE, dark=colours == "dark")
                open_dashboard(
                    browser, f"{superset.url}/superset/dashboard/{asset['slug']}/", charts
                )
                show_whole(browser, dark=colours == "dark")
                assert shown_errors(browser) == []
                pictured.require_no_person(browser.text, file.stem)
                browser.screenshot(FOLDER / f"dashboard-{file.stem}-{colours}.png")
                if colours == "light" and file.stem in _README:
                    browser.screenshot(FOLDER / f"{file.stem}.webp", height=_README[file.stem])
