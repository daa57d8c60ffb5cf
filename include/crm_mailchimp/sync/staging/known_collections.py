"""Collections by the CRM's id: a new code is followed, a new id under a known code is not.

A collection that comes back under another id is not a new collection. Its audience and all refusals
in it belong to the old id. So it waits until a person decides whether it is the same.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.crm.collections import Collection
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.rows import find_value, read_row, read_rows, read_value, read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.staging.staged_collection import Problem
from crm_mailchimp.warehouse.locks import audience_lock

log = logging.getLogger(__name__)


class _Code(NamedTuple):
    collection_id: int
    code: str


class _Replaced(NamedTuple):
    old_id: int
    new_id: int


class NothingReplacedError(PermanentError):
    """No run found the collection under a new id."""


def follow(
    warehouse: Connection[Any], crm: Connection[Any], collections: Sequence[Collection]
) -> dict[int, Problem]:
    """Go on under the codes that the CRM uses now; commits.

    Locks, the quarantine and the explanation of an address know a collection by its code.

    Args:
        warehouse: the warehouse.
        crm: to ``crm_db``, in the run's snapshot.
        collections: those of this run.

    Returns:
        by the new id, the problem of each collection that came back under it.
    """
    known = _known(warehouse)
    codes = {one.collection_id: one.code for one in collections}
    holders = {code: collection_id for collection_id, code in known.items()}
    # Ids that hold a code which one of these collections has now.
    rivals = {
        one.code: holders[one.code]
        for one in collections
        if holders.get(one.code, one.collection_id) != one.collection_id
    }
    codes |= _codes_now(crm, [rival for rival in rivals.values() if rival not in codes])
    renamed = {
        collection_id: (known[collection_id], code)
        for collection_id, code in codes.items()
        if collection_id in known and known[collection_id] != code
    }
    problems: dict[int, Problem] = {}
    for one in collections:
        rival = rivals.get(one.code)
        if rival is None or rival in renamed:
            continue
        if one.collection_id in known:
            # A known collection takes the code of one that is gone from the CRM.
            renamed[rival] = (one.code, f"{one.code} ({rival})")
        elif _has_history(warehouse, rival):
            problems[one.collection_id] = _note_replaced(warehouse, one, rival)
        else:
            # Nobody was ever mailed for the old one: there is nothing to continue.
            warehouse.execute(
                "delete from sync.known_collection where collection_id = %s", (rival,)
            )
    _forget_passed(warehouse, [one.code for one in collections], list(problems))
    _rename(warehouse, renamed)
    for one in collections:
        if one.collection_id not in known and one.collection_id not in problems:
            warehouse.execute(
                "insert into sync.known_collection (collection_id, collection_code)"
                " values (%s, %s) on conflict do nothing",
                (one.collection_id, one.code),
            )
    warehouse.commit()
    return problems


def audience_code(warehouse: Connection[Any], collection_code: str) -> str:
    """The code that names a collection's audience for its lock; ends the transaction.

    It is the collection's own, or that of the audience that it shares.
    """
    shared = find_value(
        warehouse,
        str,
        "select audience.collection_code from sync.tag"
        " inner join sync.audience on tag.shared_id = audience.collection_id"
        " where tag.collection_code = %s and tag.left_at is null",
        (collection_code,),
    )
    warehouse.commit()
    return shared or collection_code


def with_codes_of_their_own(
    collections: Sequence[Collection], replaced: dict[int, Problem]
) -> list[Collection]:
    """One run knows a code once: where the CRM has it twice, the later id is shown beside it.

    Args:
        collections: those of this run.
        replaced: problems by collection id; those of the later ids are added.
    """
    first: dict[str, int] = {}
    for one in sorted(
        collections, key=lambda one: (one.collection_id in replaced, one.collection_id)
    ):
        first.setdefault(one.code, one.collection_id)
    result = []
    for one in collections:
        if first[one.code] == one.collection_id:
            result.append(one)
            continue
        replaced.setdefault(
            one.collection_id,
            Problem(
                "collection_replaced",
                "blocked",
                f"the CRM has the code {one.code} twice, for the collections "
                f"{first[one.code]} and {one.collection_id}: give each a code of its own",
            ),
        )
        result.append(replace(one, code=f"{one.code} ({one.collection_id})"))
    return result


def continue_as_same(warehouse: Connection[Any], collection_code: str) -> tuple[int, int]:
    """As a person decided, the collection under its new id is the old one; commits.

    Its audience, its refusals and everything else go on under the new id.

    Returns:
        the old id and the new one.

    Raises:
        NothingReplacedError: no run found the collection under a new id; the text names those
            that wait.
    """
    return _decide(warehouse, collection_code, "same", "sync/continue_collection")


def begin_as_new(warehouse: Connection[Any], collection_code: str) -> tuple[int, int]:
    """As a person decided, the collection under its new id is a new one; commits.

    It gets an audience of its own, or goes on with the tag in a shared one. What people refused in
    the old collection holds for it, too.

    Returns:
        the old id and the new one.

    Raises:
        NothingReplacedError: no run found the collection under a new id; the text names those
            that wait.
    """
    return _decide(warehouse, collection_code, "new", "sync/succeed_collection")


def _decide(
    warehouse: Connection[Any], collection_code: str, decision: str, name: str
) -> tuple[int, int]:
    with audience_lock(warehouse, audience_code(warehouse, collection_code)):
        replaced = read_row(
            warehouse,
            _Replaced,
            "update sync.replaced_collection set decision = %s, decided_at = now()"
            " where collection_code = %s and decision is null returning old_id, new_id",
            (decision, collection_code),
        )
        if replaced is None:
            waiting = _waiting(warehouse)
            warehouse.rollback()
            raise NothingReplacedError(
                f"no sync of collection {collection_code} ended blocked with "
                f"collection_replaced. {waiting}"
            )
        old_id, new_id = replaced
        old_code = f"{collection_code} ({old_id})"
        parameters = {
            "old_id": old_id, "new_id": new_id, "code": collection_code, "old_code": old_code,
        }  # fmt: skip
        if decision == "new":
            # The code is the new collection's from now on.
            _follow_code(warehouse, old_id, collection_code, old_code)
        warehouse.execute(statement(name), parameters)
        warehouse.commit()
    return old_id, new_id


def _waiting(warehouse: Connection[Any]) -> str:
    codes = ", ".join(
        read_values(
            warehouse,
            str,
            "select distinct collection_code from sync.replaced_collection where decision is null"
            " order by collection_code",
        )
    )
    return f"For a decision wait: {codes}" if codes else "No collection waits for a decision"


def _known(warehouse: Connection[Any]) -> dict[int, str]:
    rows = read_rows(
        warehouse,
        _Code,
        "select collection_id, collection_code as code from sync.known_collection"
        " where replaced_by is null",
    )
    warehouse.commit()
    return dict(rows)


def _has_history(warehouse: Connection[Any], collection_id: int) -> bool:
    return read_value(
        warehouse,
        bool,
        "select exists (select from sync.audience_use where collection_id = %(id)s)"
        " or exists (select from sync.refusal where %(id)s = any(collection_ids))",
        {"id": collection_id},
    )


def _codes_now(crm: Connection[Any], collection_ids: Sequence[int]) -> Mapping[int, str]:
    if not collection_ids:
        return {}
    return dict(
        read_rows(
            crm,
            _Code,
            "select collection_id::bigint, code from crm.contact_collection"
            " where collection_id = any(%s)",
            (list(collection_ids),),
        )
    )


def _note_replaced(warehouse: Connection[Any], collection: Collection, old_id: int) -> Problem:
    warehouse.execute(
        "insert into sync.replaced_collection (new_id, collection_code, old_id)"
        " values (%(new)s, %(code)s, %(old)s) on conflict (new_id) do update"
        " set collection_code = excluded.collection_code, old_id = excluded.old_id,"
        " decision = null, decided_at = null",
        {"new": collection.collection_id, "code": collection.code, "old": old_id},
    )
    command = "'python -m crm_mailchimp.sync {} --dsn … --collection " + collection.code + "'"
    return Problem(
        "collection_replaced",
        "blocked",
        f"the collection has id {collection.collection_id} in the CRM, and had id {old_id}: "
        f"nothing was pushed. If it is the same one, run {command.format('same-collection')}. If "
        f"it is a new one, run {command.format('new-collection')}. It then gets "
        f"{'the tag' if collection.shared_audience else 'an audience of its own'}, and all "
        "refusals hold for it, too",
    )


def _forget_passed(
    warehouse: Connection[Any], codes: Sequence[str], waiting_ids: Sequence[int]
) -> None:
    """Forget ids that the CRM took back before anybody decided about them; no commit.

    Args:
        codes: of the collections of this run.
        waiting_ids: those of them that wait for a decision.
    """
    warehouse.execute(
        "delete from sync.replaced_collection where decision is null"
        " and collection_code = any(%s) and new_id <> all(%s)",
        (list(codes), list(waiting_ids)),
    )


def _rename(warehouse: Connection[Any], renamed: Mapping[int, tuple[str, str]]) -> None:
    if not renamed:
        return
    with ExitStack() as locks:
        # In one order for everybody: who holds one never waits for one that comes before it.
        for name in sorted({audience_code(warehouse, old) for old, _ in renamed.values()}):
            locks.enter_context(audience_lock(warehouse, name))
        # By way of a code that nobody uses: collections may swap their codes.
        for collection_id, (old, _) in renamed.items():
            _follow_code(warehouse, collection_id, old, f"collection {collection_id}")
        for collection_id, (_, new) in renamed.items():
            _follow_code(warehouse, collection_id, f"collection {collection_id}", new)
        warehouse.commit()
    for old, new in renamed.values():
        log.info("collection %s goes on as %s", old, new)


def _follow_code(warehouse: Connection[Any], collection_id: int, old: str, new: str) -> None:
    warehouse.execute(
        statement("sync/follow_code"), {"collection_id": collection_id, "old": old, "new": new}
    )
