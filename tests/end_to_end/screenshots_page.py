"""Pictures of each view of the page "Mailchimp": light and dark, two languages, desk and phone.

``make screenshots`` runs it. Owners of collections get names of departments first: a picture names
no person, and holds no address.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
import pytest
import requests

from airflow_world import RUN_SECONDS
from browser import DESKTOP, PHONE, running_browser

if TYPE_CHECKING:
    from end_to_end.conftest import World

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("airflow"), pytest.mark.timeout(1800)]

FOLDER = Path(__file__).parents[2] / ".local" / "screenshots"
#: What no picture may hold: the sign of an address, and columns of the CRM with names.
NAMES = (
    "select first_name from crm.contact union select last_name from crm.contact"
    " union select name from crm.resource where name not like 'Τμήμα%%'"
)


def test_each_view_is_pictured(world: World) -> None:
    with psycopg.connect(world.services.crm) as crm:
        names = {name for (name,) in crm.execute(NAMES) if name and len(name) > 3}
        crm.execute("update crm.resource set name = 'Τμήμα ' || resource_id")
    run_id = world.airflow.trigger("sync_collections")
    world.airflow.wait_for_run("sync_collections", run_id, seconds=RUN_SECONDS)
    with psycopg.connect(world.services.warehouse) as warehouse:
        row = warehouse.execute(
            "select campaign_id from stats.campaigns order by sent_at limit 1"
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
    FOLDER.mkdir(parents=True, exist_ok=True)
    with running_browser() as browser:
        browser.set_cookie(url, "_token", answer.json()["access_token"])
        for name, path in views.items():
            for screen, size in (("desktop", DESKTOP), ("phone", PHONE)):
                for language in ("en", "el"):
                    for colours in ("light", "dark"):
                        browser.look(size=size, dark=colours == "dark", language=language)
                        browser.go(f"{url}/mailchimp-page/{path}")
                        words = browser.run("document.body.textContent")
                        assert browser.status == 200
                        assert "@" not in words, name
                        assert [one for one in names if one in words] == [], name
                        browser.screenshot(FOLDER / f"{name}-{screen}-{language}-{colours}.png")
    assert len(list(FOLDER.glob("*.png"))) >= len(views) * 8
