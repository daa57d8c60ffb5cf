"""What happens to collections and installations: to all stories of a world at once.

The second half is what a person does about a collection that ends ``blocked``: what its own words
ask for, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from crm_mailchimp.sessions import open_session
from crm_mailchimp.sync.runs.collection_sync import CollectionResult, sync_collection
from crm_mailchimp.sync.staging.stage import stage
from crm_mailchimp.sync.staging.stagings import StagingOutdatedError, codes_to_sync
from histories.events import may_move
from histories.world import SETTINGS, Collection, HistoryError, World


@dataclass(frozen=True)
class Turn:
    """One such act, right before the sync of a round."""

    when: int
    verb: str
    coll: int = 0
    other: int = 0
    pick: int = 0


def take(world: World, turn: Turn) -> bool:
    """Let a turn happen; False where it could not."""
    one = world.collections[turn.coll % len(world.collections)]
    words = TURNS[turn.verb](world, one, turn)
    if words is None:
        return False
    world.happened[turn.verb] += 1
    world.tell(f"before sync {turn.when}: {words}")
    return True


def _link(world: World, one: Collection, list_id: str | None) -> str:
    before, one.wish = one.wish, list_id
    world.change_collection(one, provider_list_id=list_id)
    return f"the CRM names audience {list_id} for {one.key} (before: {before})"


def _is_free(world: World, list_id: str) -> bool:
    if list_id in world.ever_shared:
        return False
    return all(list_id not in (each.list_id, each.wish) for each in world.collections)


def relink(world: World, one: Collection, turn: Turn) -> str | None:
    """To an audience that was filled by hand, or to an empty one."""
    if one.shares:
        return None
    free = [each for each in world.by_hand if _is_free(world, each)]
    list_id = free[turn.pick % len(free)] if free else world.side.make_list(SETTINGS)
    return _link(world, one, list_id)


def take_over(world: World, one: Collection, turn: Turn) -> str | None:
    """To an audience that another collection left."""
    if one.shares:
        return None
    left = [
        list_id
        for each in world.collections
        if each is not one
        for list_id in sorted(each.former)
        if _is_free(world, list_id) and world.side.has_list(list_id)
    ]
    return _link(world, one, left[turn.pick % len(left)]) if left else None


def take_back(world: World, one: Collection, turn: Turn) -> str | None:
    if one.shares:
        return None
    left = [
        each for each in sorted(one.former) if _is_free(world, each) and world.side.has_list(each)
    ]
    return _link(world, one, left[turn.pick % len(left)]) if left else None


def swap_audiences(world: World, one: Collection, turn: Turn) -> str | None:
    other = world.collections[turn.other % len(world.collections)]
    if other is one or not (one.list_id and other.list_id) or one.shares or other.shares:
        return None
    if not all(world.side.has_list(each.list_id or "") for each in (one, other)):
        return None
    if one.wish not in (None, one.list_id) or other.wish not in (None, other.list_id):
        return None
    theirs, own = other.list_id, one.list_id
    return f"{_link(world, one, theirs)}; {_link(world, other, own)}"


def retire(world: World, one: Collection, turn: Turn) -> str | None:
    """The collection is to have a new audience of its own."""
    if one.list_id is None or one.becomes or one.wish not in (None, one.list_id):
        return None
    if world.lost_in == world.stages or is_moving(world, one):
        return None  # the ledger does not know the audience before the next sync
    if not world.is_known(world.code_of(one)):
        return None  # nor a new code
    let_go(world, one, is_named=False)
    return f"{one.key} gives up its audience"


def is_moving(world: World, one: Collection) -> bool:
    """Whether the CRM has it share another audience than the ledger knows, or none."""
    if one.shares:
        return one.list_id != world.shared_lists.get(world.code_of(one))
    return one.list_id in world.ever_shared or world.is_in_other_account(one)


def let_go(world: World, one: Collection, *, is_named: bool = True) -> None:
    """A collection gives its audience up, with those that share it.

    Args:
        is_named: the CRM names the same audience for it as before.
    """
    said = world.command("retire", "--collection", world.code_of(one))
    list_id = said.split()[1]
    for each in world.collections:
        if each is one or (one.shares and each.list_id == list_id):
            if not is_named:
                _link(world, each, None)
            each.former.add(list_id)
            each.list_id = None
    world.shared_lists = {
        name: known for name, known in world.shared_lists.items() if known != list_id
    }


def rename(world: World, one: Collection, turn: Turn) -> str | None:
    if one.becomes:
        return None
    before, one.code = one.code, f"{one.key}_{turn.when}"
    world.change_collection(one, code=one.code)
    return f"the code of {before} is {one.code} now"


def recreate(world: World, one: Collection, turn: Turn) -> str | None:
    if one.becomes or one.list_id is None or not world.is_known(one.code) or one.shares:
        return None  # a new code and a new id at once: nothing says that it is the same
    before = one.collection_id
    world.recreate_collection(one)
    one.becomes = ("same", "new")[turn.pick % 2]
    return f"collection {before} ({one.code}) has the new id {one.collection_id}"


def reimport_crm(world: World, one: Collection, turn: Turn) -> str | None:
    """The whole CRM is imported again: everybody who did not move has a new contact id."""
    for cast in world.casts:
        for person in cast.people:
            if person.is_in_crm and may_move(world, person):
                cast.renumber(person)
                person.moved_in = world.stages
        world.books[cast].doubt_changes(lambda place, both: True)
        world.dirty.add(cast)
    return "the CRM is imported again, every contact has a new id"


def forget(world: World, one: Collection, turn: Turn) -> str | None:
    world.forget()
    return "the warehouse loses sync, but for what is backed up together"


def erase(world: World, one: Collection, turn: Turn) -> str | None:
    world.erase()
    return "who asked is erased"


def delete_audience(world: World, one: Collection, turn: Turn) -> str | None:
    if one.list_id is None or one.becomes or one.wish not in (None, one.list_id):
        return None
    if world.lost_in == world.stages or is_moving(world, one):
        return None  # nothing tells the ledger that the collection ever had it
    list_id = one.list_id
    world.side.delete_list(list_id)
    world.deleted.add(list_id)
    for book in world.books.values():
        book.lose_audience(list_id)
    return f"somebody deletes audience {list_id} of {one.key}"


def switch(world: World, one: Collection, turn: Turn) -> str | None:
    """Inactive for a while; ``finish`` makes it active again."""
    if one.becomes:
        return None
    is_active = one.key in world.inactive
    world.inactive ^= {one.key}
    world.change_collection(one, is_active=is_active)
    return f"{one.key} is {'active' if is_active else 'inactive'} now"


def push_an_old_staging(world: World, one: Collection, turn: Turn) -> str | None:
    """Somebody clears the push of an older run: it must be refused."""
    if not world.is_settled or len(world.stagings) < 2:
        return None
    try:
        world.push(world.stagings[-2], world.code_of(one))
    except StagingOutdatedError:
        return f"an older run of {one.key} is pushed again, and refused"
    except LookupError:
        return f"an older run of {one.key} is pushed again, which had no such collection"
    raise HistoryError(f"{one.key}: an outdated staging was pushed")


def second_installation(world: World, one: Collection, turn: Turn) -> str | None:
    """A copy with an empty warehouse and the same key runs: it must touch nothing."""
    if not world.is_settled or world.second_dsn is None:
        return None
    if any(
        each.becomes or each.wish not in (None, each.list_id) or is_moving(world, each)
        for each in world.collections
    ):
        return None  # an audience that nobody has used yet is nobody's
    if not all(world.side.has_list(each.list_id or "") for each in world.collections):
        return None
    world.write_people()
    line = world.side.line
    kept = line.saw, line.missed
    line.saw, line.missed, before = _unseen, _unseen, len(line.writes)
    try:
        states = _run_elsewhere(world, world.second_dsn(), f"copy-{turn.when}")
    finally:
        line.saw, line.missed = kept
    if len(line.writes) != before:
        raise HistoryError(f"a second installation wrote: {line.writes[before:][:5]}")
    wrong = {code: state for code, state in states.items() if "foreign_installation" not in state}
    if wrong:
        raise HistoryError(f"a second installation was not refused: {wrong}")
    return "a second installation with an empty warehouse ran"


# ---- shared audiences


def _is_lost_without_trace(world: World, one: Collection) -> bool:
    """The ledger is lost, and the collection's tag has a name that nobody knows."""
    return world.lost_in == world.stages and (one.list_id or "", one.key) in world.renamed_tags


def share(world: World, one: Collection, turn: Turn) -> str | None:
    """To share an audience with others, or another one than before."""
    name = ("Κοινό", "Άλλο")[turn.pick % 3 == 2]
    if one.becomes or one.shares == name or one.key in world.broken:
        return None
    if _is_lost_without_trace(world, one):
        return None
    named = {
        each.wish
        for each in world.collections
        if each.shares == name and each.provider == one.provider
    }
    one.shares = name
    world.change_collection(one, shared_audience=name)
    if named != {one.wish} and one.wish is not None:
        _link(world, one, next(iter(named), None))
    return f"{one.key} is to share the audience {name}"


def unshare(world: World, one: Collection, turn: Turn) -> str | None:
    if not one.shares or one.becomes or _is_lost_without_trace(world, one):
        return None
    before, one.shares = one.shares, None
    world.change_collection(one, shared_audience=None)
    _link(world, one, None)
    return f"{one.key} is to share the audience {before} no longer"


# ---- several accounts


def move_account(world: World, one: Collection, turn: Turn) -> str | None:
    """To the other account, with or without the shared audience that is named alike there."""
    if one.becomes or one.key in world.broken or _is_lost_without_trace(world, one):
        return None
    one.provider = "mailchimp" if one.provider == "kriti" else "kriti"
    world.change_collection(one, external_provider=one.provider)
    if turn.pick % 3 == 0 and one.shares:
        one.shares = None
        world.change_collection(one, shared_audience=None)
    _link(world, one, None)
    return f"{one.key} is to be in the account of {one.provider}"


def rename_account(world: World, one: Collection, turn: Turn) -> str | None:
    """The connection of an account has another id, and a person says so."""
    old = world.connections["kriti"]
    if not world.is_settled or world.lost_in == world.stages:
        return None
    if not any(each.provider == "kriti" and each.list_id for each in world.collections):
        return None
    if any(is_moving(world, each) for each in world.collections):
        return None
    new = f"mailchimp_kriti_{turn.when}"
    world.command("rename-account", "--from", old, "--to", new)
    world.side.rename_connection(old, new)
    before = {each.key: world.code_of(each) for each in world.collections}
    world.connections["kriti"] = new
    world.crm.execute(
        "update crm.external_provider set connection_id = %s where code = 'kriti'", (new,)
    )
    codes = {before[each.key]: world.code_of(each) for each in world.collections}
    world.shared_lists = {
        codes.get(code, code.replace(f"@{old}:", f"@{new}:")): list_id
        for code, list_id in world.shared_lists.items()
    }
    world.shared_before = {
        code.replace(f"@{old}:", f"@{new}:"): lists for code, lists in world.shared_before.items()
    }
    return f"connection {old} is {new} now"


def break_collection(world: World, one: Collection, turn: Turn) -> str | None:
    """Without a campaign type for a while; ``finish`` gives it one again."""
    if one.becomes or one.key in world.inactive:
        return None
    is_broken = one.key in world.broken
    world.broken ^= {one.key}
    world.change_collection(one, campaign_type=one.category.upper() if is_broken else None)
    return f"{one.key} has {'its' if is_broken else 'no'} campaign type now"


def _own_tag(world: World, one: Collection) -> tuple[str, str] | None:
    """Audience and present name of a collection's tag."""
    if not one.shares or one.list_id is None or is_moving(world, one):
        return None
    name = world.present_tag(one, one.list_id)
    return (one.list_id, name) if name else None


def delete_tag(world: World, one: Collection, turn: Turn) -> str | None:
    found = _own_tag(world, one)
    if found is None:
        return None
    world.side.delete_tag(*found)
    world.tags_shown.clear(found[0], one.key)
    for book in world.books.values():
        book.lose_tag(found[0], one.key)
    return f"somebody deletes the tag {found[1]} in {found[0]}"


def rename_tag(world: World, one: Collection, turn: Turn) -> str | None:
    found = _own_tag(world, one)
    if found is None:
        return None
    new = f"Με άλλο όνομα {one.key} {turn.when}"
    world.side.rename_tag(*found, new)
    world.renamed_tags[found[0], one.key] = new
    return f"somebody calls the tag {found[1]} in {found[0]} {new}"


def _unseen(*about: object) -> None:
    """What the other installation is shown, ours is not."""


def _run_elsewhere(world: World, dsn: str, run_id: str) -> dict[str, str]:
    states = {}
    with (
        open_session(dsn) as warehouse,
        open_session(world.crm_dsn) as crm,
    ):
        staging_id = stage(warehouse, crm, None, run_id=run_id)
        codes = codes_to_sync(warehouse, staging_id)
    for code in codes:
        with (
            world.accounts() as accounts,
            open_session(dsn) as warehouse,
            open_session(world.crm_dsn, autocommit=True) as crm,
        ):
            result = sync_collection(
                warehouse, crm, accounts, staging_id=staging_id, collection_code=code
            )
        states[code] = f"{result.state}: {result.detail}"
    return states


TURNS: Mapping[str, Callable[[World, Collection, Turn], str | None]] = {
    "relink": relink,
    "take_over": take_over,
    "take_back": take_back,
    "swap_audiences": swap_audiences,
    "retire": retire,
    "rename": rename,
    "recreate": recreate,
    "reimport_crm": reimport_crm,
    "forget": forget,
    "erase": erase,
    "delete_audience": delete_audience,
    "switch": switch,
    "second_installation": second_installation,
    "push_an_old_staging": push_an_old_staging,
    "share": share,
    "unshare": unshare,
    "break_collection": break_collection,
    "delete_tag": delete_tag,
    "rename_tag": rename_tag,
    "move_account": move_account,
    "rename_account": rename_account,
}


# ---- what a person does about blocked collections


def settle(world: World, results: Mapping[str, CollectionResult]) -> bool:
    """Do what the details of blocked collections ask for; whether there was anything to do.

    Raises:
        HistoryError: a collection failed, or is blocked for no reason that this history knows.
    """
    busy = False
    for code, result in results.items():
        if result.state == "succeeded":
            continue
        one = next((each for each in world.collections if each.code == code), None)
        one = one or _spokesman(world, code)
        why = (result.detail or "").partition(":")[0]
        if one is not None and why == "no_campaign_type" and one.key in world.broken:
            continue
        if one is None or why not in _ANSWERS or not _ANSWERS[why](world, one, result):
            raise HistoryError(f"{code} ended {result.state}: {result.detail}")
        busy = True
        # The next one's words may be about what was just changed.
        if why in ("audience_taken", "collection_replaced"):
            break
    return busy


def _spokesman(world: World, code: str) -> Collection | None:
    """A collection of a shared audience; rather one that uses it than one that is to."""
    sharing = world.synced_by(code)
    used = [each for each in sharing if not is_moving(world, each)]
    return next(iter(used or sharing), None)


def _taken(world: World, one: Collection, result: CollectionResult) -> bool:
    named = re.search(r"retire --dsn … --collection (.+?)'", result.detail or "")
    if named is None:
        return False
    owners = [each for each in world.collections if each.code == named[1]]
    if owners and owners[0].wish == one.wish:
        return False
    if owners:
        let_go(world, owners[0])
    else:
        # A collection of the CRM's past, such as the one that came back under a new id.
        world.command("retire", "--collection", named[1])
    return True


def _replaced(world: World, one: Collection, result: CollectionResult) -> bool:
    if not one.becomes:
        return False
    calls = result.counts["api_calls"]
    if calls:
        raise HistoryError(f"{one.key} is replaced, and {calls} calls were made")
    world.command(f"{one.becomes}-collection", "--collection", one.code)
    if one.becomes == "new" and one.list_id is not None:
        one.former.add(one.list_id)
        if one.wish != one.list_id:
            one.list_id = None
    one.becomes = ""
    return True


def _named(world: World, one: Collection, result: CollectionResult) -> bool:
    """Its own audience is not certain any more: the CRM names it."""
    named = re.search(r"audience (\w+) in Mailchimp", result.detail or "")
    list_id = one.list_id or (named[1] if named else None)
    if list_id is None:
        return False
    for each in world.synced_by(result.collection_code):
        world.tell(_link(world, each, list_id))
    return True


def _deleted(world: World, one: Collection, result: CollectionResult) -> bool:
    if one.list_id is not None and world.side.has_list(one.list_id):
        return False
    let_go(world, one, is_named=False)
    return True


_ANSWERS: Mapping[str, Callable[[World, Collection, CollectionResult], bool]] = {
    "audience_taken": _taken,
    "collection_replaced": _replaced,
    "audience_ambiguous": _named,
    "audience_by_hand": _named,
    "audience_deleted": _deleted,
}
