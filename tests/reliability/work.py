"""The pipeline's tasks, each in a process of its own, which a trial may kill."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from multiprocessing.connection import Connection as Pipe
from typing import Any

import psycopg

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.campaigns import campaign_round
from crm_mailchimp.campaigns.campaign_options import CampaignOptions
from crm_mailchimp.campaigns.synchronise import sync_campaign
from crm_mailchimp.data_protection.erasure import erase_contacts
from crm_mailchimp.mailchimp.changes import Batching
from crm_mailchimp.mailchimp.client import MailchimpClient, Slot
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.mailchimp.pace import Polling
from crm_mailchimp.mailchimp.retries import Retry
from crm_mailchimp.sessions import open_session
from crm_mailchimp.stats.audience_extract import extract_audiences
from crm_mailchimp.stats.extract import extract_campaigns
from crm_mailchimp.stats.marts import refresh_marts
from crm_mailchimp.stats.reconciliation import require_explained
from crm_mailchimp.sync.members.pull_statuses import pull_statuses
from crm_mailchimp.sync.members.write_back import write_back_members
from crm_mailchimp.sync.runs.collection_sync import sync_collection
from crm_mailchimp.sync.runs.finish import summarise_run
from crm_mailchimp.sync.staging.stage import stage
from crm_mailchimp.warehouse.connection_slots import slot, spare_slot
from listed_campaigns import campaigns_to_read
from reliability.processes import PROCESSES, begin_with_all_modules

#: A task of a trial takes a second or two; one that takes this long hangs.
HANGS_SECONDS = 90.0


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where a task finds what it works with.

    Attributes:
        crm, crm_query, warehouse: DSNs.
        mailchimp: host of the line to the sandbox.
        key: of the account.
        answer_seconds: how long the client waits for an answer.
        batch_above: more changes than this go through ``/batches``.
        time_zone: of the marts.
    """

    crm: str
    crm_query: str
    warehouse: str
    mailchimp: str
    key: str
    answer_seconds: float = 60.0
    batch_above: int = 50
    time_zone: str = "Europe/Athens"


@dataclass(frozen=True, kw_only=True)
class Task:
    """One task of a DAG: what it does, and with what."""

    kind: str
    values: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        words = ", ".join(str(value) for value in self.values.values())
        return f"{self.kind}({words})"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a task ended: its result, the words of its error, or neither when it was killed."""

    value: Any = None
    error: str | None = None
    was_killed: bool = False

    @property
    def is_good(self) -> bool:
        return self.error is None and not self.was_killed


class Running:
    """A task's process."""

    def __init__(self, places: Places, task: Task) -> None:
        self.task = task
        begin_with_all_modules()
        self._pipe, far = PROCESSES.Pipe(duplex=False)
        self._process = PROCESSES.Process(target=_run, args=(places, task, far), daemon=True)
        self._process.start()
        far.close()

    def kill(self) -> None:
        """``kill -9``."""
        if self._process.pid is not None and self._process.is_alive():
            os.kill(self._process.pid, signal.SIGKILL)

    def wait(self) -> Outcome:
        deadline = time.monotonic() + HANGS_SECONDS
        try:
            if self._pipe.poll(HANGS_SECONDS):
                outcome: Outcome = self._pipe.recv()
                self._process.join(max(1.0, deadline - time.monotonic()))
                return outcome
        except EOFError:
            self._process.join(10)
            return Outcome(was_killed=True)
        finally:
            self._pipe.close()
        self.kill()
        self._process.join(10)
        return Outcome(error=f"hangs: no end after {HANGS_SECONDS:.0f} s")


def run_task(places: Places, task: Task) -> Outcome:
    """Run a task to its end."""
    return Running(places, task).wait()


def _run(places: Places, task: Task, pipe: Pipe) -> None:
    try:
        outcome = Outcome(value=_KINDS[task.kind](places, **task.values))
    except BaseException as error:
        outcome = Outcome(error=f"{type(error).__name__}: {error}"[:2000])
    pipe.send(outcome)
    pipe.close()


# ---- the tasks, as ``plugins/mailchimp_provider/tasks`` has them


def _warehouse(places: Places) -> psycopg.Connection[Any]:
    return open_session(places.warehouse)


def _crm(places: Places) -> psycopg.Connection[Any]:
    return open_session(places.crm, autocommit=True)


def _let_pass(seconds: float) -> None:
    threading.Event().wait(min(seconds, 0.05))


@contextmanager
def provider(places: Places, *, with_slot: bool = True) -> Iterator[Mailchimp]:
    """The real client on the line, impatient between attempts; further ones as a task has them."""

    def client(held: Slot | None) -> MailchimpClient:
        return MailchimpClient(
            places.key,
            host=places.mailchimp,
            timeout=(10.0, places.answer_seconds),
            retry=Retry(base=0.02, cap=0.1, deadline=30.0),
            slot=held,
            wait=_let_pass,
        )

    def connect() -> psycopg.Connection[Any]:
        return _warehouse(places)

    batching = Batching(above=places.batch_above, polling=Polling(first=0.05, most=0.2))
    with Mailchimp(
        client((lambda: slot(connect, wait_seconds=30.0)) if with_slot else None),
        batching=batching,
        another=(lambda: Mailchimp(client(lambda: spare_slot(connect)))) if with_slot else None,
    ) as opened:
        yield opened


def _stage(places: Places, *, run_id: str, full_refresh: bool = False) -> int:
    with (
        _warehouse(places) as warehouse,
        open_session(places.crm) as crm,
        open_session(places.crm_query, keep_limits=True) as crm_query,
    ):
        return stage(warehouse, crm, crm_query, run_id=run_id, full_refresh=full_refresh)


def _sync(places: Places, *, staging_id: int, code: str) -> str:
    with _warehouse(places) as warehouse, _crm(places) as crm, provider(places) as mailchimp:
        result = sync_collection(
            warehouse, crm, Accounts.only(mailchimp), staging_id=staging_id, collection_code=code
        )
        result.require_success()
        return result.state


def _finish(places: Places, *, staging_id: int) -> list[str]:
    with _warehouse(places) as warehouse:
        summary = summarise_run(warehouse, staging_id)
    with _warehouse(places) as warehouse, open_session(places.crm) as crm:
        write_back_members(warehouse, crm)
    summary.require_success()
    return list(summary.blocked)


def _pull(places: Places, *, code: str) -> None:
    with _warehouse(places) as warehouse, _crm(places) as crm, provider(places) as mailchimp:
        pull_statuses(warehouse, Accounts.only(mailchimp), code, crm=crm)


def _erase(places: Places, *, run_id: str) -> None:
    with (
        _warehouse(places) as warehouse,
        open_session(places.crm) as crm,
        provider(places) as mailchimp,
    ):
        erase_contacts(warehouse, crm, Accounts.only(mailchimp), run_id=run_id)


class _CampaignConnections:
    """Implements ``CampaignConnections``."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def warehouse(self) -> psycopg.Connection[Any]:
        return _warehouse(self._places)

    def crm(self) -> psycopg.Connection[Any]:
        return _crm(self._places)

    def provider(self, account: str) -> Any:
        return provider(self._places)

    def provider_without_slot(self, account: str) -> Any:
        return provider(self._places, with_slot=False)


def _choose(places: Places) -> list[str]:
    with _warehouse(places) as warehouse, _crm(places) as crm:
        return campaign_round.campaigns_to_sync(warehouse, crm)


def _campaign(places: Places, *, code: str, now: datetime) -> str:
    options = replace(CampaignOptions(), schedule_ahead=timedelta(days=30))
    result = sync_campaign(_CampaignConnections(places), code=code, options=options, now=now)
    return f"{result.action}: {result.outcome}"


def _show(places: Places) -> None:
    with _warehouse(places) as warehouse, open_session(places.crm) as crm:
        with provider(places) as mailchimp:
            campaign_round.look_at_all(warehouse, mailchimp)
        campaign_round.write_back(warehouse, crm)


def _choose_reports(places: Places) -> list[str]:
    with _warehouse(places) as warehouse, provider(places) as mailchimp:
        return campaigns_to_read(warehouse, mailchimp)


def _read_reports(places: Places, *, campaign_ids: Sequence[str]) -> None:
    with _warehouse(places) as warehouse, provider(places) as mailchimp:
        extract_campaigns(warehouse, mailchimp, campaign_ids, connect=lambda: _warehouse(places))


def _read_audiences(places: Places) -> None:
    with _warehouse(places) as warehouse, provider(places) as mailchimp:
        extract_audiences(warehouse, mailchimp)


def _check_figures(places: Places) -> None:
    with _warehouse(places) as warehouse:
        require_explained(warehouse)


def _marts(places: Places) -> None:
    with _warehouse(places) as warehouse:
        refresh_marts(warehouse, time_zone=places.time_zone)


_KINDS = {
    "stage": _stage,
    "sync": _sync,
    "finish": _finish,
    "pull": _pull,
    "erase": _erase,
    "choose": _choose,
    "campaign": _campaign,
    "show": _show,
    "choose_reports": _choose_reports,
    "read_reports": _read_reports,
    "read_audiences": _read_audiences,
    "check_figures": _check_figures,
    "marts": _marts,
}
