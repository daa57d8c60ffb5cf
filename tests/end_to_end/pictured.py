"""An installation to take pictures of: the demo's, with its year of campaigns and no names.

Owners of collections get names of departments first: a picture names no person, and holds no
address.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from airflow_world import RUN_SECONDS, AirflowWorld, installed_airflow
from local_installation.airflow_processes import USER
from local_installation.campaign_story import send_campaigns
from local_installation.demo import DAGS
from local_installation.local_services import Services
from local_installation.mailchimp_account import MailchimpAccount
from local_installation.past_year import BEGIN_DAYS_AGO, play_past, story_begins
from local_installation.preparation import sample_settings
from local_installation.reading_back import read_reports, read_statuses
from local_installation.results import collection_results

#: Where pictures go.
FOLDER = Path(__file__).parents[2] / ".local" / "screenshots"
_NAMES = (
    "select first_name from crm.contact union select last_name from crm.contact"
    " union select name from crm.resource where name not like 'Τμήμα%'"
)
#: Letters of the shortest name that is looked for in a picture.
_SHORTEST_NAME = 4


@dataclass(frozen=True)
class Pictured:
    """What runs, and what no picture may show."""

    world: AirflowWorld
    run_id: str
    names: frozenset[str]

    def require_no_person(self, words: str, where: str) -> None:
        """The text of a page names nobody."""
        assert "@" not in words, where
        assert [one for one in self.names if one in words] == [], where


@contextmanager
def pictured_installation() -> Iterator[Pictured]:
    """The installation, as long as the context lasts."""
    names: set[str] = set()

    def hide_owners(services: Services) -> None:
        with psycopg.connect(services.crm) as crm:
            names.update(name for (name,) in crm.execute(_NAMES) if name)
            crm.execute("update crm.resource set name = 'Τμήμα ' || resource_id")

    with installed_airflow(
        "pictures",
        dags=DAGS,
        before_airflow=hide_owners,
        extra={**sample_settings(), "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin"},
        begin_days_ago=BEGIN_DAYS_AGO,
    ) as world:
        run_id = _play(world)
        long_names = frozenset(name for name in names if len(name) >= _SHORTEST_NAME)
        assert len(long_names) > 50
        yield Pictured(world, run_id, long_names)


def _play(world: AirflowWorld) -> str:
    """The demo's story; gives the newest run of ``sync_collections``."""
    services, airflow = world.services, world.airflow
    run_id, _ = world.run("sync_collections")
    with psycopg.connect(services.warehouse) as warehouse:
        results = collection_results(warehouse, run_id)
    account = MailchimpAccount(services.mailchimp_url, services.mailchimp_key)
    play_past(account, results, lambda _: None)
    read_reports(services)
    account.let_time_pass_until(story_begins(datetime.now(UTC)))
    send_campaigns(account, results, lambda _: None)
    account.let_the_present_come()
    before = airflow.run_ids("refresh_marts")
    world.run("extract_reports")
    marts = airflow.wait_for_new_run("refresh_marts", before)
    assert airflow.wait_for_run("refresh_marts", marts, seconds=RUN_SECONDS) == "success"
    read_statuses(services)
    return world.run("sync_collections")[0]
