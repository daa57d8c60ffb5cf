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
from crm_mailchimp.rows import find_value, read_rows, read_value, read_values
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


class SeveralReplacedError(PermanentError):
    """The CRM has the code for several new ids."""


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
    problems = _codes_in_use_twice(collections, known, holders)
    # A known collection is shown beside the one that has the code, and its state goes along.
    codes |= {
        collection_id: f"{codes[collection_id]} ({collection_id})" for collection_id in problems
    }
    # Ids that hold a code which one of these collections has now.
    rivals = {
        codes[one.collection_id]: holders[codes[one.collection_id]]
        for one in collections
        if holders.get(codes[one.collection_id], one.collection_id) != one.collection_id
    }
    codes |= _codes_now(crm, [rival for rival in rivals.values() if rival not in codes])
    renamed = {
        collection_id: (known[collection_id], code)
        for collection_id, code in codes.items()
        if collection_id in known and known[collection_id] != code
    }
    for one in collections:
        rival = rivals.get(codes[one.collection_id])
        if rival is None or rival == one.collection_id or rival in renamed:
            continue
        if one.collection_id in known:
            # A known collection takes the code of one that is gone from the CRM.
            renamed[rival] = (one.code, f"{one.code} ({rival})")
        elif _has_history(warehouse, rival):
            twins = sorted(twin.collection_id for twin in collections if twin.code == one.code)
            problems[one.collection_id] = _note_replaced(warehouse, one, rival, twins)
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


def _codes_in_use_twice(
    collections: Sequence[Collection], known: Mapping[int, str], holders: Mapping[str, int]
) -> dict[int, Problem]:
    """Known collections that have a code in the CRM which another known one keeps, by id.

    Args:
        collections: those of this run.
        known: codes of all known collections by id.
        holders: ids of all known collections by code.
    """
    twins: dict[str, list[int]] = {}
    for one in collections:
        if one.collection_id in known:
            twins.setdefault(one.code, []).append(one.collection_id)
    problems: dict[int, Problem] = {}
    for code, ids in twins.items():
        keeper = holders[code] if holders.get(code) in ids else min(ids)
        for collection_id in ids:
            if collection_id != keeper:
                problems[collection_id] = _in_use_twice(code, keeper, collection_id)
    return problems


def _in_use_twice(code: str, first: int, second: int) -> Problem:
    return Problem(
        "collection_replaced",
        "blocked",
        f"the CRM has the code {code} twice, for the collections {first} and {second}: give each "
        "a code of its own",
    )


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
            one.collection_id, _in_use_twice(one.code, first[one.code], one.collection_id)
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
        SeveralReplacedError: the CRM has the code for several new ids.
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
        SeveralReplacedError: the CRM has the code for several new ids.
    """
    return _decide(warehouse, collection_code, "new", "sync/succeed_collection")


def _decide(
    warehouse: Connection[Any], collection_code: str, decision: str, name: str
) -> tuple[int, int]:
    with audience_lock(warehouse, audience_code(warehouse, collection_code)):
        old_id, new_id = _replaced(warehouse, collection_code)
        warehouse.execute(
            "update sync.replaced_collection set decision = %s, decided_at = now()"
            " where new_id = %s",
            (decision, new_id),
        )
        old_code = f"{collection_code} ({old_id})"
        parameters = {
            "old_id": old_id, "new_id": new_id, "code": collection_code, "old_code": old_code,
            "is_same": decision == "same",
        }  # fmt: skip
        # The CRM may have had the new id before.
        warehouse.execute(statement("sync/give_up_passed_id"), parameters)
        if decision == "new":
            # The code is the new collection's from now on.
            _follow_code(warehouse, old_id, collection_code, old_code)
        warehouse.execute(statement(name), parameters)
        warehouse.commit()
    return old_id, new_id


def _replaced(warehouse: Connection[Any], collection_code: str) -> _Replaced:
    """The collection that waits for a decision under a code."""
    found = read_rows(
        warehouse,
        _Replaced,
        "select old_id, new_id from sync.replaced_collection"
        " where collection_code = %s and decision is null order by new_id",
        (collection_code,),
    )
    if len(found) == 1:
        return found[0]
    waiting = _waiting(warehouse)
    warehouse.rollback()
    if found:
        raise SeveralReplacedError(
            f"the CRM has the code {collection_code} for the collections "
            f"{', '.join(str(one.new_id) for one in found)}, and nobody knows which one is meant. "
            "Nothing was changed. Give each a code of its own in crm.contact_collection. Then run "
            "sync_collections, and this command again"
        )
    raise NothingReplacedError(
        f"no sync of collection {collection_code} ended blocked with collection_replaced. {waiting}"
    )


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


def _note_replaced(
    warehouse: Connection[Any], collection: Collection, old_id: int, twins: Sequence[int]
) -> Problem:
    """Note that a collection waits for a decision; no commit.

    Args:
        twins: ids of the collections that have its code in the CRM, its own among them.
    """
    warehouse.execute(
        "insert into sync.replaced_collection (new_id, collection_code, old_id)"
        " values (%(new)s, %(code)s, %(old)s) on conflict (new_id) do update"
        " set collection_code = excluded.collection_code, old_id = excluded.old_id,"
        " decision = null, decided_at = null",
        {"new": collection.collection_id, "code": collection.code, "old": old_id},
    )
    command = "'python -m crm_mailchimp.sync {} --dsn … --collection " + collection.code + "'"
    words = (
        f"the collection has id {collection.collection_id} in the CRM, and had id {old_id}: "
        "nothing was pushed"
    )
    if len(twins) > 1:
        words += (
            f". The CRM has the code {collection.code} for the collections "
            f"{', '.join(map(str, twins))}. If they are to stay, decide nothing, and give each a "
            "code of its own"
        )
    return Problem(
        "collection_replaced",
        "blocked",
        f"{words}. If it is the same one, run {command.format('same-collection')}. If it is a new "
        f"one, run {command.format('new-collection')}. It then gets "
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
