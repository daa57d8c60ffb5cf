"""A warehouse works with one Airflow: each rule is tried on both servers, from several sides."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from benchmarks.statements import noted_statements
from crm_mailchimp.sessions import open_session
from crm_mailchimp.warehouse.deployment import (
    OtherDeploymentError,
    UnusableDeploymentIdError,
    find_holder,
    hand_over,
    release,
    require_holder,
    usable_id,
)
from crm_mailchimp.warehouse_commands import main
from fresh_databases import fresh_databases

pytestmark = pytest.mark.slow


@pytest.fixture(params=["postgres", "debian_postgres"])
def dsn(request: pytest.FixtureRequest) -> Iterator[str]:
    with fresh_databases(request.getfixturevalue(request.param)) as (_, warehouse):
        yield warehouse


class Airflow:
    """The variable of an Airflow, as its tasks share it.

    Args:
        name: the id that it makes.
        together: tasks that begin at the same time meet here, when each has looked for an id.
    """

    def __init__(self, name: str, together: threading.Barrier | None = None) -> None:
        self.name, self.together = name, together
        self.value: str | None = None
        self.made = 0
        self._looked = threading.local()

    def read(self) -> str | None:
        found = self.value
        if self.together is not None and not getattr(self._looked, "once", False):
            self._looked.once = True
            self.together.wait(30)
        return found

    def make(self) -> str:
        self.made += 1
        self.value = f"{self.name}-{self.made}"
        return self.value

    def task(self, dsn: str) -> str:
        """What a task's first look says: its id, or why it is refused."""
        with open_session(dsn) as warehouse:
            try:
                require_holder(warehouse, self.read, self.make)
            except OtherDeploymentError as error:
                return str(error)
            assert warehouse.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
            return self.value or ""


def test_the_first_airflow_gets_the_warehouse_and_others_are_refused(dsn: str) -> None:
    ours, theirs = Airflow("ours"), Airflow("theirs")
    assert [ours.task(dsn) for _ in range(3)] == ["ours-1"] * 3
    for _ in range(2):
        words = theirs.task(dsn)
        assert "belongs to another Airflow since" in words
        assert "id ours-1)" in words
        assert "This Airflow has the id theirs-1" in words
        assert "warehouse hand-over --dsn … --to theirs-1." in words
        assert f"database {dsn.rpartition('/')[2]})" in words
    assert theirs.made == 1, "its id stays, or nobody could hand over"
    assert ours.task(dsn) == "ours-1", "a refused Airflow changes nothing"


def test_tasks_of_one_airflow_that_begin_together_share_its_id(dsn: str) -> None:
    ours = Airflow("ours", threading.Barrier(4))
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ours.task, [dsn] * 4)) == ["ours-1"] * 4
    assert ours.made == 1


def test_of_two_airflows_that_begin_together_one_gets_it(dsn: str) -> None:
    together = threading.Barrier(2)
    both = [Airflow("a", together), Airflow("b", together)]
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda one: one.task(dsn), both))
    assert len([words for words in said if words in ("a-1", "b-1")]) == 1
    assert len([words for words in said if "belongs to another Airflow" in words]) == 1


def test_each_further_task_costs_one_statement(dsn: str) -> None:
    ours, sent = Airflow("ours"), list[str]()
    ours.task(dsn)
    with open_session(dsn) as warehouse, noted_statements(sent):
        require_holder(warehouse, ours.read, ours.make)
    assert sent == ["execute"]


def test_a_hand_over_between_two_tasks_refuses_the_second(
    dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs = Airflow("ours"), Airflow("theirs")
    assert ours.task(dsn) == "ours-1"
    assert "theirs-1" in theirs.task(dsn)

    assert main(["hand-over", "--dsn", dsn, "--to", " theirs-1"]) == 0

    output = capsys.readouterr().out
    assert "Back again: python -m crm_mailchimp.warehouse hand-over --dsn … --to ours-1" in output
    assert "the Airflow theirs-1 works with this warehouse from now on" in output
    assert "the Airflow ours-1 is refused" in output
    assert "id theirs-1)" in ours.task(dsn)
    assert theirs.task(dsn) == "theirs-1"
    # A mistake is undone in the same way, and the same again is no news.
    for _ in range(2):
        assert main(["hand-over", "--dsn", dsn, "--to", "ours-1"]) == 0
    assert "is refused" not in capsys.readouterr().out.rpartition("from now on")[2]
    assert ours.task(dsn) == "ours-1"
    assert "id ours-1)" in theirs.task(dsn)


def test_a_restored_warehouse_belongs_to_nobody_not_even_to_its_own_airflow(dsn: str) -> None:
    ours, new = Airflow("ours"), Airflow("new")
    ours.task(dsn)
    with open_session(dsn) as warehouse:
        assert release(warehouse) == "ours-1"
        warehouse.commit()
        assert release(warehouse) is None
        warehouse.commit()
    for airflow, own_id in ((ours, "ours-1"), (new, "new-1"), (ours, "ours-1")):
        words = airflow.task(dsn)
        assert "was restored from a backup at" in words
        assert f"hand-over --dsn … --to {own_id}." in words
    with open_session(dsn) as warehouse:
        assert hand_over(warehouse, "ours-1") is None
    assert ours.task(dsn) == "ours-1"
    assert "belongs to another Airflow" in new.task(dsn)


def test_an_airflow_that_lost_its_id_is_refused_and_changes_nothing(dsn: str) -> None:
    ours = Airflow("ours")
    ours.task(dsn)
    ours.value = None
    assert "This Airflow has the id ours-2" in ours.task(dsn)
    with open_session(dsn) as warehouse:
        holder = find_holder(warehouse)
    assert holder is not None
    assert holder.deployment_id == "ours-1"


def test_an_id_that_no_command_line_takes_is_refused(
    warehouse_db: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in ("", "  ", "a b", "α", "x" * 101, "a;b", "$(id)", "a\nb"):
        with pytest.raises(UnusableDeploymentIdError, match="1 to 100 signs"):
            usable_id(text)
        assert main(["hand-over", "--dsn", warehouse_db, "--to", text]) == 1
        assert "error: the id of an Airflow has 1 to 100 signs" in capsys.readouterr().err
    with psycopg.connect(warehouse_db) as connection:
        assert connection.execute("select from sync.deployment").fetchall() == []


def test_the_word_id_of_our_own_commands_is_no_id(
    dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody copies the command with the word in place of the id."""
    ours = Airflow("ours")
    assert ours.task(dsn) == "ours-1"

    assert main(["hand-over", "--dsn", dsn, "--to", "ID"]) == 1

    assert "ID is no id: write one in its place" in capsys.readouterr().err
    assert ours.task(dsn) == "ours-1"


@pytest.mark.parametrize("text", ["a", "production-2", "4f1c9a20b7de", " x\n", "y" * 100])
def test_an_id_of_a_person_s_own_choice_is_taken(text: str) -> None:
    assert usable_id(text) == text.strip()


def test_a_warehouse_from_before_the_table_has_nothing_to_release(empty: Any) -> None:
    assert release(empty) is None


@pytest.fixture
def empty(postgres: Any) -> Iterator[psycopg.Connection[Any]]:
    dsn = postgres.create_database("no_deployment_yet")
    with psycopg.connect(dsn) as connection:
        yield connection
    postgres.drop_database("no_deployment_yet")
