"""Ways to break the product on purpose: each is a file, a text in it, and what takes its place.

``make mutants`` plays the known histories against a copy of the product with one of them in it,
and shows which histories notice. It does the same with breaks of the oracle and its own tests.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Mutant:
    """One break.

    Attributes:
        name: what the product does not do any more.
        file: below the repository's root.
        old: text that is there as often as ``times`` says.
    """

    name: str
    file: str
    old: str
    new: str
    times: int = 1


def sql(name: str, file: str, old: str, new: str, times: int = 1) -> Mutant:
    return Mutant(name, f"sql/{file}.sql", old, new, times)


def py(name: str, file: str, old: str, new: str) -> Mutant:
    return Mutant(name, f"include/crm_mailchimp/{file}.py", old, new)


MUTANTS = (
    sql(
        "the chain of merges is dropped",
        "sync/attach_merged",
        "belongs.contact_id = merged.merged_id",
        "belongs.contact_id = merged.merged_id and false",
    ),
    sql(
        "a merge that is undone still counts",
        "sync/detach_unmerged",
        "belongs.merged_from = present.contact_id",
        "belongs.merged_from = present.contact_id and false",
    ),
    sql(
        "refusals are not looked up by address",
        "sync/judge_refusals",
        "refusal.address_digest = asked.address_digest",
        "refusal.address_digest = asked.address_digest and false",
    ),
    sql(
        "refusals are not looked up by contact",
        "sync/judge_refusals",
        "contact.contact_id = asked.contact_id",
        "contact.contact_id = asked.contact_id and false",
    ),
    sql(
        "other holders of the address do not count",
        "sync/ask_about_holders",
        "holder.left_at is null",
        "holder.left_at is null and false",
    ),
    sql(
        "who shared the address is not remembered",
        "views/sync/functions/open_refusals",
        "    made_at.refusal_id not in (select refusal_id from earlier)",
        "    false and made_at.refusal_id not in (select refusal_id from earlier)",
    ),
    sql(
        "a new record at a refused address is somebody else",
        "sync/note_holders",
        "    where\n        not exists (\n            select from sync.address_holder as earlier",
        "    where false and\n        not exists (\n            select from sync.address_holder as"
        " earlier",
    ),
    sql(
        "nobody looks for deletions at addresses that contacts left",
        "sync/find_left_contacts",
        "    moved.left_at >=",
        "    false and moved.left_at >=",
    ),
    sql(
        "the next collection of an audience deletes its refusals",
        "sync/use_audience",
        "set collection_ids = array_append(collection_ids, %(collection_id)s::bigint)",
        "set collection_ids = array[%(collection_id)s::bigint]",
    ),
    sql(
        "the next collection of an audience is not bound by its refusals",
        "sync/use_audience",
        "    and ended_at is null\n",
        "    and ended_at is null and false\n",
    ),
    sql(
        "refusals hold for every collection",
        "sync/judge_refusals",
        "%(collection_id)s = any(refusal.collection_ids)",
        "%(collection_id)s is not null",
        times=3,
    ),
    sql(
        "a complaint holds in its own audience only",
        "sync/judge_refusals",
        "or refusal.kind = 'complaint'",
        "or false",
        times=2,
    ),
    sql(
        "a sign-up at another address ends every refusal",
        "sync/end_refusals",
        "and open_one.kind in ('withdrawal', 'unconfirmed')",
        "and open_one.kind is not null",
    ),
    sql(
        "a refusal never ends",
        "sync/end_refusals",
        "where refusal.refusal_id = ended.refusal_id",
        "where refusal.refusal_id = ended.refusal_id and false",
    ),
    sql(
        "who withdrew is subscribed again without being asked",
        "sync/plan_changes",
        "wanted.must_confirm or wanted.is_asked_first then 'add_pending' else 'add' end",
        "wanted.is_asked_first then 'add_pending' else 'add' end",
    ),
    sql(
        "a deletion for good is no refusal",
        "views/sync/functions/open_refusals",
        "when 'forgotten' then 'forgotten'",
        "when 'forgotten' then null",
    ),
    sql(
        "an archive by hand is no refusal",
        "views/sync/functions/open_refusals",
        "when 'hand_archive' then 'archived_by_hand'",
        "when 'hand_archive' then null",
    ),
    py(
        "a collection that comes back under a new id is a new one",
        "sync/staging/known_collections",
        "        elif _has_history(warehouse, rival):",
        "        elif False and _has_history(warehouse, rival):",
    ),
    py(
        "marks of other installations are ignored",
        "sync/audience/ownership",
        "        return owner.installation != own_installation(warehouse)",
        "        return False",
    ),
    sql(
        "an address changed in Mailchimp is not followed",
        "sync/rename_changed_members",
        "where member.list_id = changed.list_id and member.subscriber_hash = changed.old_hash",
        "where false and member.list_id = changed.list_id"
        " and member.subscriber_hash = changed.old_hash",
    ),
    sql(
        "the guard counts replaced addresses",
        "sync/count_removals",
        "plan.cause = 'changed_address'",
        "plan.cause = 'changed_address' and false",
    ),
)

#: Breaks of what collections that share an audience have beyond others.
SHARING_MUTANTS = (
    sql(
        "a tag stays with members that left the collection",
        "sync/plan_tags",
        "        tagged.may_be_mailed\n        and not tagged.is_taken_by_hand\n",
        "        false and tagged.may_be_mailed\n        and not tagged.is_taken_by_hand\n",
    ),
    sql(
        "who withdrew from a category keeps its collections' tags",
        "sync/plan_tags",
        "        and not tagged.is_taken_by_hand\n",
        "        and not tagged.is_taken_by_hand and refused_contact.contact_id is null\n",
    ),
    py(
        "a tag taken by hand is given again",
        "sync/audience/untagged_members",
        "for one in found if not one.is_hidden],",
        "for one in found if False and not one.is_hidden],",
    ),
    sql(
        "a tag taken by hand is about the address alone",
        "sync/judge_refusals",
        "                and weighed.kind in ('archived_by_hand', 'tag_taken')",
        "                and weighed.kind in ('archived_by_hand')",
    ),
    sql(
        "the gate of a tag's campaign reads all members of the audience",
        "campaigns/next_members",
        "%(tagged_for)s::bigint is null\n",
        "true or %(tagged_for)s::bigint is null\n",
        times=2,
    ),
    py(
        "a campaign goes to the whole shared audience",
        "sync/audience/audience_map",
        "collection_id=collection_id, tag=tag)",
        "collection_id=collection_id, tag=None)",
    ),
    sql(
        "an opt-out is not for all collections of the audience",
        "sync/join_shared_audience",
        "    values (%(list_id)s, %(collection_id)s)\n",
        "    select %(list_id)s, %(collection_id)s where false\n",
    ),
    sql(
        "a collection that joins an audience is not bound by its refusals",
        "sync/join_shared_audience",
        "        and ended_at is null\n",
        "        and ended_at is null and false\n",
    ),
    py(
        "a tag of others is taken over",
        "sync/audience/tags",
        "            present = remote.get(tag.tag_id)\n",
        "            present = remote.get(tag.tag_id) or next(iter(by_name.values()), None)\n",
    ),
    py(
        "the guard of a collection that shares its audience is skipped",
        "sync/runs/shared_run",
        "                part.judgement = self._judge(part, list_id)",
        "                part.judgement = None",
    ),
    sql(
        "a member stays in a shared audience only while it gets a tag",
        "sync/judge_shared_audience",
        "            planned.action in ('tag', 'unchanged')\n",
        "            planned.action in ('tag')\n",
    ),
)


def oracle(name: str, file: str, old: str, new: str) -> Mutant:
    return Mutant(name, f"tests/histories/{file}.py", old, new)


#: Breaks of the oracle and the judge themselves: their own tests have to notice each.
ORACLE_MUTANTS = (
    oracle(
        "the book writes no refusal down",
        "book",
        "        self.refusals.append(made)\n        self.subscribed_by",
        "        self.subscribed_by",
    ),
    oracle(
        "the book never learns that Mailchimp showed a refusal",
        "book",
        "if not one.is_known and _SHOWN_AS.get(one.kind) == status:",
        "if False:",
    ),
    oracle(
        "nobody who refused counts as mailed",
        "judge",
        'if status == "subscribed" and found.must and not by_person:',
        "if False:",
    ),
    oracle(
        "members that we subscribed are not looked at",
        "judge",
        "            if found.must:\n",
        "            if False:\n",
    ),
    oracle(
        "a person who is lost has a reason",
        "judge",
        "        elif reason is None:\n",
        "        elif reason is None:\n            return\n        elif False:\n",
    ),
    oracle(
        "every reason is true",
        "judge",
        "elif reason not in found.reasons:",
        "elif False:",
    ),
    oracle(
        "foreign members are not looked at",
        "judge",
        "if reference(member) is None and member.touched_by_api:",
        "if False:",
    ),
    oracle(
        "a withdrawal in the CRM is none",
        "crm_rules",
        "return row is not None and not row.granted",
        "return False",
    ),
    oracle(
        "recipients of campaigns are not looked at",
        "play",
        "self._find(story, judge.recipients(by_cast.get(judge.cast, [])))",
        "pass",
    ),
    oracle(
        "tags of other people are not looked at",
        "judge",
        "if given != (member.address in self.setting.tagged_by_others):",
        "if False:",
    ),
    oracle(
        "everybody in a shared audience carries each tag",
        "play",
        "    if not one.shares:\n        return members\n",
        "    return members\n",
    ),
    oracle(
        "members without any tag are not looked at",
        "play",
        "if lost and not by_hand and not is_kept:",
        "if False:",
    ),
    oracle(
        "nobody learns that a tag was taken by hand",
        "book",
        "            elif not (one.is_known or one.is_lost or one.addresses & {*hidden}):\n",
        "            elif False:\n",
    ),
    oracle(
        "who gets a campaign without its tag is not looked at",
        "judge",
        'if member.status == "untagged":\n                yield',
        "if False:\n                yield",
    ),
)


def break_product(mutant: Mutant, folder: Path) -> Path:
    """A copy of the product with one break in it; where its Python lies."""
    _copy(folder, "include", "sql")
    _break(mutant, folder)
    return folder / "include"


def break_oracle(mutant: Mutant, folder: Path) -> None:
    """A copy of the tests with one break in it."""
    _copy(folder, "tests")
    shutil.copy(ROOT / "pyproject.toml", folder)
    _break(mutant, folder)


def _copy(folder: Path, *parts: str) -> None:
    for part in parts:
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))


def _break(mutant: Mutant, folder: Path) -> None:
    path = folder / mutant.file
    text = path.read_text(encoding="utf-8")
    found = text.count(mutant.old)
    assert found == mutant.times, f"{mutant.file} has the text {found} times: {mutant.old}"
    path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
