"""Notes about addresses that people changed in Mailchimp (``sync.changed_address``).

A note belongs to a contact. It follows the person when the contact is merged into another one, or
is loaded again under another id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.rows import read_rows, read_value, read_values
from crm_mailchimp.statements import statement

_BATCH = 10_000


class _Present(NamedTuple):
    contact_id: int
    is_merged: bool


def note_gone_contacts(
    warehouse: Connection[Any], crm: Connection[Any], clock: datetime, *, dry_run: bool
) -> None:
    """Note which contacts with a note the CRM does not have; the caller commits.

    Args:
        crm: to ``crm_db``, in the run's snapshot.
        clock: the run's, of the CRM.
        dry_run: no note is taken back.
    """
    noted = sorted(read_values(warehouse, int, statement("sync/noted_contacts")))
    _note_gone(warehouse, crm, noted, clock, dry_run=dry_run)


def note_gone_since_look(
    warehouse: Connection[Any],
    crm: Connection[Any],
    *,
    list_id: str,
    staging_id: int,
    dry_run: bool,
) -> None:
    """The same for notes that a look at an audience made just now; commits.

    The person changed the address, and the CRM loaded the contact again under another id, both
    since the last run. Without this, the old address would be added for the new id.

    Args:
        crm: to ``crm_db``, in autocommit; asked only if a noted contact is in no staged collection.
        list_id: the audience.
        staging_id: of the run.
    """
    place = {"list_id": list_id, "staging_id": staging_id}
    noted = sorted(read_values(warehouse, int, statement("sync/noted_unstaged"), place))
    if noted:
        clock = read_value(
            warehouse,
            datetime,
            "select clock from sync.staging_run where staging_id = %s",
            (staging_id,),
        )
        _note_gone(warehouse, crm, noted, clock, dry_run=dry_run)
    warehouse.commit()


def _note_gone(
    warehouse: Connection[Any],
    crm: Connection[Any],
    noted: Sequence[int],
    clock: datetime,
    *,
    dry_run: bool,
) -> None:
    for first in range(0, len(noted), _BATCH):
        asked = noted[first : first + _BATCH]
        found = read_rows(crm, _Present, statement("crm/noted_contacts"), {"contact_ids": asked})
        warehouse.execute(
            statement("sync/note_gone_contacts"),
            {"asked": asked, "present": [one.contact_id for one in found], "clock": clock},
        )
        if not dry_run:
            own = [one.contact_id for one in found if not one.is_merged]
            warehouse.execute(statement("sync/take_back_notes"), {"contact_ids": own})


def follow_contacts(warehouse: Connection[Any], *, staging_id: int, collection_id: int) -> None:
    """Bring the notes up to date before a plan; the caller commits.

    They follow merged contacts and contacts that came back. They end if the CRM has another
    address.
    """
    parameters = {"staging_id": staging_id, "collection_id": collection_id}
    warehouse.execute(statement("sync/follow_changed_persons"), parameters)
    warehouse.execute(statement("sync/end_changed_addresses"), parameters)


@contextmanager
def in_preview(warehouse: Connection[Any], *, dry_run: bool) -> Iterator[None]:
    """Put the notes back when the plan of a preview is made; nothing is committed.

    So the preview shows what a run would do about them. Nobody else sees its changes: they begin
    and end in one transaction.

    Args:
        dry_run: without it, the notes stay as the plan left them.
    """
    if not dry_run:
        yield
        return
    warehouse.execute(statement("sync/keep_notes"))
    yield
    warehouse.execute(statement("sync/drop_new_notes"))
    warehouse.execute(statement("sync/put_back_notes"))


def find_given_up(
    warehouse: Connection[Any],
    *,
    staging_id: int,
    collection_id: int,
    list_id: str | None,
    is_shared_audience: bool = False,
) -> None:
    """Fill the temporary table ``given_up`` for a plan; nothing is committed.

    Args:
        list_id: the audience; None where there is none yet.
        is_shared_audience: the row is an audience that several collections share.
    """
    parameters = {
        "staging_id": staging_id,
        "collection_id": collection_id,
        "list_id": list_id,
        "is_shared_audience": is_shared_audience,
    }
    warehouse.execute(statement("sync/create_given_up"))
    warehouse.execute("truncate given_up")
    warehouse.execute(statement("sync/find_given_up"), parameters)
    warehouse.execute("analyze given_up")
    if read_value(warehouse, bool, "select exists (select from given_up)"):
        warehouse.execute(statement("sync/hand_over_addresses"), parameters)
