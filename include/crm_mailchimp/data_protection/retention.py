"""Retention: everything kept has an age at which it goes. Ages are days, set by the environment."""

from __future__ import annotations

import logging
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from psycopg import Connection, sql
from psycopg.errors import LockNotAvailable

from crm_mailchimp.data_protection.present_time import agreed_time
from crm_mailchimp.rows import read_rows, read_value
from crm_mailchimp.settings import RetentionSettings
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.staging.stagings import drop_staging
from crm_mailchimp.warehouse.key_lookups import hash_joins_now
from crm_mailchimp.warehouse.locks import named_lock

log = logging.getLogger(__name__)

_DAY = 86_400
_DATA_DOCS = re.compile(r"staging-\d+")
_BATCH = 20_000
#: Kinds whose batch compares whole tables. All others look the rows of a batch up by their places.
#: There a hash join would read the whole table again for each batch.
_COMPARED = frozenset({"address_holders"})
#: Days; snapshots cannot be kept for good.
_LONGEST = 36_500
#: Readers that come after a waiting drop wait for it, too.
_LONGEST_WAIT = "5s"


class _EventMonth(NamedTuple):
    """A partition of events, and the period that it holds."""

    relname: str
    since: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True)
class Ages:
    """How many days what is kept; None keeps it for good.

    Each is set by ``KEEP_<NAME>_DAYS``; ``forever`` keeps it for good.

    Attributes:
        staging: snapshots of the CRM.
        quarantine: closed rows of the quarantine; changed addresses that are settled, and which
            address contacts had that are gone.
        proof: proof of consent, counted from its end. What justifies a member is never removed.
            Refusals, counted from their end. One that holds is never removed. Look-ups of people
            on the page.
        removals: decided requests for removals. Rejected addresses that nobody holds any more, and
            ids of addresses that no member has any more. Who had the tag of a collection that left
            its shared audience.
        runs: what runs did, alerts sent, and statuses that the CRM got of contacts that are gone.
        events: opens, clicks, bounces and entries of members' activity feeds, each by its own age.
            Also what people wrote when they unsubscribed, and language, city and country of
            contacts that left. Counts per recipient, contact, month and hour stay, and so do the
            unsubscribes and complaints themselves.
        ips: IP addresses of events.
        logs: files of Airflow's log folder.
        data_docs: Data Docs of old stagings.
    """

    staging: int = 7
    quarantine: int | None = 180
    proof: int | None = 1_095
    removals: int | None = 365
    runs: int | None = 730
    events: int | None = 730
    ips: int | None = 90
    logs: int | None = 30
    data_docs: int | None = 30


def cautious_ages(environment: Mapping[str, str] = os.environ) -> Ages:
    """The ages that the environment sets; what has a wrong age is kept.

    A wrong age must not stop the other ones, and must not remove what somebody wants to keep.
    """
    settings = RetentionSettings.read_usable(environment)
    ages = Ages(
        staging=settings.keep_staging_days,
        quarantine=settings.keep_quarantine_days,
        proof=settings.keep_proof_days,
        removals=settings.keep_removals_days,
        runs=settings.keep_runs_days,
        events=settings.keep_events_days,
        ips=settings.keep_ips_days,
        logs=settings.keep_logs_days,
        data_docs=settings.keep_data_docs_days,
    )
    wrong = RetentionSettings.wrong_fields(environment)
    kept: dict[str, Any] = {
        age.name: None for age in fields(Ages) if f"keep_{age.name}_days" in wrong
    }
    if "staging" in kept:
        kept["staging"] = _LONGEST
    return replace(ages, **kept)


def ips_kept_since(ages: Ages) -> datetime | None:
    """IP addresses of events before this moment are not to be loaded any more; None keeps all."""
    return None if ages.ips is None else datetime.now(UTC) - timedelta(days=ages.ips)


def events_kept_since(ages: Ages) -> datetime | None:
    """Activity of members before this moment is not to be loaded any more; None keeps all."""
    return None if ages.events is None else datetime.now(UTC) - timedelta(days=ages.events)


def apply(
    warehouse: Connection[Any],
    ages: Ages,
    *,
    log_folder: Path | None = None,
    data_docs_folder: Path | None = None,
    mailchimp_time: datetime | None = None,
    latest: datetime | None = None,
) -> dict[str, int]:
    """Remove what is older than its age, in batches that are committed one by one.

    Ages end by the clock that is behind: this machine's, the warehouse's or Mailchimp's.

    Args:
        warehouse: not in a transaction.
        ages: see :class:`Ages`.
        log_folder: Airflow's logs; None leaves them to others.
        data_docs_folder: where ``staging-<id>`` folders of Data Docs are.
        mailchimp_time: present time as Mailchimp says; None: it gave no answer, or was not asked.
        latest: no later time is taken as the present; None: any is.

    Returns:
        how much went, by kind: rows, snapshots, files or folders.

    Raises:
        ClocksDisagreeError: two clocks differ by more than a day. Nothing was removed.
    """
    now = agreed_time(warehouse, mailchimp=mailchimp_time)
    if latest is not None:
        now = min(now, latest)
    with hash_joins_now(warehouse):
        warehouse.execute(statement("sync/note_gone_holders"))
    warehouse.commit()
    removed = {"staging": drop_staging(warehouse, keep_days=ages.staging, now=now)}
    for kind, age in _ages_by_kind(ages).items():
        removed[kind] = 0 if age is None else _in_batches(warehouse, kind, age, now)
    removed["events"] = _expire_events(warehouse, ages.events, now)
    removed["logs"] = _remove_old_files(log_folder, ages.logs, now)
    removed["data_docs"] = _remove_old_docs(data_docs_folder, ages.data_docs, now)
    log.info(
        "retention: %s", {kind: count for kind, count in removed.items() if count} or "nothing"
    )
    return removed


def _ages_by_kind(ages: Ages) -> dict[str, int | None]:
    """What goes by a statement ``sync/expire_<kind>``, in its order, and its age in days."""
    return {
        "quarantine": ages.quarantine,
        "proof": ages.proof,
        "person_lookups": ages.proof,
        "refusals": ages.proof,
        "changed_addresses": ages.quarantine,
        "address_holders": ages.quarantine,
        "removals": ages.removals,
        "rejections": ages.removals,
        "aliases": ages.removals,
        "tags": ages.removals,
        "runs": ages.runs,
        "stagings_known": ages.runs,
        "alerts": ages.runs,
        "written_statuses": ages.runs,
        "ips": ages.ips,
        "member_activities": ages.events,
        "contact_attributes": ages.events,
        "unsubscribe_words": ages.events,
        "complaint_words": ages.events,
    }


def _in_batches(warehouse: Connection[Any], kind: str, days: int, now: datetime) -> int:
    removed = 0
    while True:
        with hash_joins_now(warehouse) if kind in _COMPARED else nullcontext():
            count = warehouse.execute(
                statement(f"sync/expire_{kind}"), {"days": days, "batch": _BATCH, "now": now}
            ).rowcount
        warehouse.commit()
        removed += count
        if count < _BATCH:
            return removed


def _expire_events(warehouse: Connection[Any], days: int | None, now: datetime) -> int:
    """Whole old months are dropped, of the month in which the age ends only the older part goes.

    An event goes by its own age: an old campaign that is opened today is read and counted as ever.
    """
    if days is None:
        return 0
    # A whole day, so that counts by quarter hour are either kept as they are or counted again.
    before = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    before -= timedelta(days=days)
    with named_lock(warehouse, "marts"):
        months = read_rows(
            warehouse, _EventMonth, statement("sync/old_event_months"), {"before": before}
        )
        warehouse.commit()
        removed = sum(
            _expire_period(warehouse, month.relname, month.since, month.until) for month in months
        )
        return removed + _expire_period(warehouse, None, datetime.min.replace(tzinfo=UTC), before)


def _expire_period(
    warehouse: Connection[Any], partition: str | None, since: datetime, until: datetime
) -> int:
    """Count and remove the events of a period in one transaction; returns how many went.

    Args:
        warehouse: not in a transaction.
        partition: holds the period and nothing else, so it may be dropped; None: none does.
        since: start.
        until: end, exclusive.
    """
    period = {"since": since, "until": until}
    events = _keep_counts(warehouse, period)
    if not (partition and _dropped(warehouse, partition)) and events:
        warehouse.execute(statement("sync/delete_events"), period)
    warehouse.commit()
    return events


def _keep_counts(warehouse: Connection[Any], period: Mapping[str, datetime]) -> int:
    """Add the period's events to what is kept of removed ones; the caller removes them and commits.

    Until then every load of events waits; those that come later learn which not to load again.
    """
    warehouse.execute("lock table stats.campaign_activities in share row exclusive mode")
    events = read_value(warehouse, int, statement("sync/count_events"), period)
    if events:
        warehouse.execute(statement("sync/keep_expired_counts"), period)
        warehouse.execute(statement("sync/keep_expired_quarter_hours"), period)
        warehouse.execute(statement("sync/keep_expired_bot_links"), period)
    return events


def _dropped(warehouse: Connection[Any], partition: str) -> bool:
    """Drop a partition of events unless somebody is reading it; its rows can go meanwhile."""
    try:
        with warehouse.transaction():
            warehouse.execute(
                sql.SQL("set local lock_timeout = {}").format(sql.Literal(_LONGEST_WAIT))
            )
            warehouse.execute(sql.SQL("drop table {}").format(sql.Identifier("stats", partition)))
    except LockNotAvailable:
        log.info("retention: %s is being read, so it is emptied now and dropped later", partition)
        return False
    return True


def _remove_old_files(folder: Path | None, days: int | None, now: datetime) -> int:
    if folder is None or days is None or not folder.is_dir():
        return 0
    oldest = now.timestamp() - days * _DAY
    removed = 0
    for path in _files_below(folder):
        if path.lstat().st_mtime < oldest:
            path.unlink(missing_ok=True)
            removed += 1
    for below in sorted((Path(name) for name, _, _ in os.walk(folder)), reverse=True):
        # Folders of runs that are just beginning are empty, too: only old ones go.
        if below != folder and below.lstat().st_mtime < oldest and not any(below.iterdir()):
            below.rmdir()
    return removed


def _files_below(folder: Path) -> Iterator[Path]:
    for path, _, names in os.walk(folder, followlinks=False):
        for name in names:
            found = Path(path, name)
            if not found.is_symlink():
                yield found


def _remove_old_docs(folder: Path | None, days: int | None, now: datetime) -> int:
    if folder is None or days is None or not folder.is_dir():
        return 0
    oldest = now.timestamp() - days * _DAY
    removed = 0
    for path in folder.iterdir():
        is_docs = _DATA_DOCS.fullmatch(path.name) and path.is_dir() and not path.is_symlink()
        if is_docs and path.stat().st_mtime < oldest:
            shutil.rmtree(path)
            removed += 1
    return removed
