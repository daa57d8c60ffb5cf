"""Pull back: what happened to the members in Mailchimp since we last looked."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.address import parse_address
from crm_mailchimp.errors import ProviderError
from crm_mailchimp.outages import OutageWatch
from crm_mailchimp.provider import AudienceProvider, RemoteMember
from crm_mailchimp.rows import read_rows, read_value, read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience.audience_map import FormerAudience, KnownAudience
from crm_mailchimp.sync.audience.permissions import note_permissions
from crm_mailchimp.sync.members import intents, watermark
from crm_mailchimp.sync.members.complaints import note_complaints
from crm_mailchimp.sync.members.observed_member import ObservedMember, may_refuse, observed_of
from crm_mailchimp.sync.members.watermark import Watermark
from crm_mailchimp.sync.refusals import refusal_ledger
from crm_mailchimp.sync.refusals.suppression import Digester, open_suppression
from crm_mailchimp.warehouse.copying import copy_rows
from crm_mailchimp.warehouse.key_lookups import key_lookups

log = logging.getLogger(__name__)

_BATCH = 1_000
#: Without a status, a list has all members but the archived ones.
_LISTS = (None, "archived")
#: So many members are read by name; for more of them the whole audience is read.
_BY_NAME = 500
#: So few members are a change of ours, no page.
FEW = 10


class _MovedMember(NamedTuple):
    """A member whose contact shows up under another address."""

    list_id: str
    old_hash: str
    remote_contact_id: str


class PulledBack(NamedTuple):
    """What a look at an audience found.

    Attributes:
        removals: those of an earlier run that are found carried out only now.
        unseen: subscriber hashes of members that nobody could look up by name. A call about each
            of them failed, and may succeed later.
    """

    removals: int
    unseen: frozenset[str]


def pull_back(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    audience: KnownAudience | FormerAudience,
    *,
    crm: Connection[Any] | None = None,
    full: bool = False,
    wait: bool = False,
) -> PulledBack:
    """Bring ``sync.member`` up to date with the audience; commits page by page.

    It first reads the results of a batch that no run has read. Then it reads the members that
    changed since the watermark. It reads archived ones apart: a list without a status leaves them
    out. It reads the members of contacts that moved by name: one may be deleted for good. Or it
    reads the whole audience: only that shows all permanent deletions.

    Args:
        crm: to ``crm_db``, in autocommit: who holds an address that was just refused is looked up
            in the whole CRM. Without it the staged contacts alone are known.
        full: list everything, whatever the age of the last full listing.
        wait: wait for a batch of ours that still runs.

    Returns:
        see the class. After ``unseen`` members the next look begins where this one did.
    """
    unseen: set[str] = set()
    warehouse.execute(statement("sync/forget_future_marks"), {"list_id": audience.list_id})
    warehouse.commit()
    unknown = intents.count_intents(warehouse, audience.list_id)
    intents.resume_batches(warehouse, provider, audience.list_id, wait=wait)
    # The moments that it is compared with are the warehouse's, too.
    now = read_value(warehouse, datetime, "select clock_timestamp()")
    warehouse.commit()
    if full or audience.needs_full_listing(now):
        unseen |= _list_fully(warehouse, provider, audience.list_id, now, crm)
    else:
        since = watermark.pulled_through(warehouse, audience.list_id)
        mark = Watermark(since)
        for status in _LISTS:
            members = _changed(provider, audience.list_id, mark, status)
            mark.note(_record_all(warehouse, provider, members, crm=crm))
            if status is None:
                note_complaints(warehouse, provider, audience.list_id)
        left = _find_left_members(warehouse, audience.list_id)
        if len(left) > _BY_NAME:
            unseen |= _list_fully(warehouse, provider, audience.list_id, now, crm)
        else:
            unseen |= _look_up(warehouse, provider, audience.list_id, left)
        watermark.advance(warehouse, audience.list_id, mark.through)
    if unseen:
        log.warning(
            "%d members of audience %s could not be looked up: the next run looks again",
            len(unseen),
            audience.list_id,
        )
    ended = "sync/list_again" if unseen else "sync/note_look"
    warehouse.execute(statement(ended), {"list_id": audience.list_id, "looked_at": now})
    warehouse.commit()
    found = unknown - intents.count_intents(warehouse, audience.list_id)
    intents.drop_unfulfilled(warehouse, audience.list_id)
    return PulledBack(found, frozenset(unseen))


def look_again(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    list_id: str,
    since: datetime | None,
    *,
    status: str | None = None,
    crm: Connection[Any] | None = None,
) -> datetime | None:
    """Record the members that changed since a moment, Mailchimp's clock; commits.

    Args:
        since: None reads all of them.
        status: only members with this status; None: all but the archived ones.
        crm: as for ``pull_back``.

    Returns:
        where the next look begins: the newest change seen, or ``since``.
    """
    mark = Watermark(since)
    changed = _changed(provider, list_id, mark, status)
    mark.note(_record_all(warehouse, provider, changed, crm=crm))
    return mark.through


def _changed(
    provider: AudienceProvider, list_id: str, mark: Watermark, status: str | None
) -> Iterator[RemoteMember]:
    return provider.members(
        list_id,
        status=status,
        since_last_changed=mark.asked_from,
        on_begin=mark.begin,
    )


def record_members(
    warehouse: Connection[Any],
    members: Iterable[RemoteMember],
    *,
    provider: AudienceProvider | None = None,
) -> None:
    """Write what Mailchimp answered about members into ``sync.member``; the caller commits.

    Args:
        members: as answered now.
        provider: asked when a known member's contact shows up under another address: is the
            member gone? None: nobody is asked.
    """
    members = list(members)
    observed = [observed_of(member) for member in members]
    if not observed:
        return
    note_permissions(warehouse, members)
    _into_observed(warehouse, observed)
    warehouse.execute(statement("sync/note_aliases"))
    if provider is not None:
        _recognise_by_reference(warehouse, provider)
    _follow_changed_addresses(warehouse)
    warehouse.execute(statement("sync/end_refusals"))
    warehouse.execute(statement("sync/end_tags_of_replaced"))
    warehouse.execute(statement("sync/record_observed"))
    warehouse.execute(statement("sync/end_proofs_of_observed"))


def _follow_changed_addresses(warehouse: Connection[Any]) -> None:
    warehouse.execute(statement("sync/create_readdressed"))
    warehouse.execute("delete from readdressed_member")
    if warehouse.execute(statement("sync/find_changed_addresses")).rowcount:
        warehouse.execute(statement("sync/follow_changed_addresses"))
        warehouse.execute(statement("sync/rename_changed_members"))


def _recognise_by_reference(warehouse: Connection[Any], provider: AudienceProvider) -> None:
    """A member that we have not seen since we added it has no ``remote_contact_id`` here yet.

    CRMREF may name its contact under another address. If the address that we added is gone from the
    audience too, the person changed it.
    """
    moved = read_rows(warehouse, _MovedMember, statement("sync/find_moved_by_reference"))
    for one in moved:
        if provider.member(one.list_id, one.old_hash) is None:
            warehouse.execute(
                "update sync.member set remote_contact_id = %s"
                " where list_id = %s and subscriber_hash = %s",
                (one.remote_contact_id, one.list_id, one.old_hash),
            )


def _attach_holders(
    warehouse: Connection[Any],
    crm: Connection[Any],
    digester: Digester,
    members: Sequence[RemoteMember],
) -> None:
    """Contacts of the whole CRM to which the refusals of these members belong; no commit."""
    refused: dict[str, set[str]] = defaultdict(set)
    for member in members:
        key = parse_address(member.email_address).key
        if key and may_refuse(member):
            refused[member.list_id].add(key)
    for list_id, keys in refused.items():
        refusal_ledger.attach_holders(warehouse, crm, digester, list_id, keys)


def _list_fully(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    list_id: str,
    now: datetime,
    crm: Connection[Any] | None,
) -> set[str]:
    """Returns subscriber hashes of members that nobody could look up."""
    warehouse.execute(
        "create temporary table listed (subscriber_hash text) on commit preserve rows"
    )
    try:
        mark = Watermark(None)
        for status in _LISTS:
            members = _changed(provider, list_id, mark, status)
            mark.note(_record_all(warehouse, provider, members, crm=crm, note_listed=True))
        note_complaints(warehouse, provider, list_id)
        unseen = _mark_forgotten(warehouse, provider, list_id, now)
        # Reports of campaigns know members that were deleted before anybody looked.
        warehouse.execute(
            statement("sync/note_reported_refusals"), {"campaign_id": None, "list_id": list_id}
        )
        warehouse.execute(
            statement("sync/note_full_listing"), {"list_id": list_id, "listed_at": now}
        )
        watermark.advance(warehouse, list_id, mark.through)
        return unseen
    finally:
        if warehouse.info.transaction_status != 0:
            warehouse.rollback()
        warehouse.execute("drop table if exists listed")
        warehouse.commit()


def _mark_forgotten(
    warehouse: Connection[Any], provider: AudienceProvider, list_id: str, listed_from: datetime
) -> set[str]:
    unlisted = read_values(
        warehouse,
        str,
        statement("sync/find_unlisted"),
        {"list_id": list_id, "listed_from": listed_from},
    )
    if unlisted:
        log.info("%d members were not listed in audience %s", len(unlisted), list_id)
    # Rows move between pages while they are read, so absence is asked for by name.
    return _look_up(warehouse, provider, list_id, unlisted)


def _find_left_members(warehouse: Connection[Any], list_id: str) -> list[str]:
    """Members at addresses that contacts have just left: one may be deleted for good.

    Such a deletion is a refusal of the contact that left. At the next full listing nobody could say
    so any more.
    """
    contact_ids = read_values(
        warehouse, int, statement("sync/find_left_contacts"), {"list_id": list_id}
    )
    left = read_values(
        warehouse,
        str,
        statement("sync/find_left_members"),
        {"list_id": list_id, "contact_ids": contact_ids},
    )
    warehouse.commit()
    return left


def _look_up(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    list_id: str,
    member_hashes: Sequence[str],
) -> set[str]:
    """Look members up by name; commits each. Returns those whose call failed."""
    watch, unseen = OutageWatch(provider), set()
    for member_hash in member_hashes:
        try:
            member = provider.member(list_id, member_hash)
        except ProviderError as error:
            watch.note_failure(error, member_hash)
            if not error.retryable:
                raise
            unseen.add(member_hash)
            continue
        watch.note_answer()
        if member is not None:
            record_members(warehouse, [member])
        else:
            warehouse.execute(
                statement("sync/mark_forgotten"),
                {"list_id": list_id, "subscriber_hash": member_hash},
            )
        warehouse.commit()
    return unseen


def _record_all(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    members: Iterator[RemoteMember],
    *,
    crm: Connection[Any] | None,
    note_listed: bool = False,
) -> datetime | None:
    newest: datetime | None = None
    digester = open_suppression(warehouse) if crm is not None else None
    with key_lookups(warehouse):
        while batch := list(islice(members, _BATCH)):
            record_members(warehouse, batch, provider=provider)
            if crm is not None and digester is not None:
                _attach_holders(warehouse, crm, digester, batch)
            if note_listed:
                hashes = ((member.subscriber_hash,) for member in batch)
                copy_rows(warehouse, "listed", ("subscriber_hash",), hashes)
            warehouse.commit()
            newest = max([*filter(None, [newest]), *(member.last_changed for member in batch)])
    return newest


def _into_observed(warehouse: Connection[Any], members: Sequence[ObservedMember]) -> None:
    warehouse.execute(statement("sync/create_observed"))
    # A truncation makes new files, which a single member is not worth.
    empty = "truncate observed_member" if len(members) > FEW else "delete from observed_member"
    warehouse.execute(empty)
    copy_rows(warehouse, "observed_member", ObservedMember._fields, members)
