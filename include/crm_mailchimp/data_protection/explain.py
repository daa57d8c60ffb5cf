"""Why is this address in which audiences, and why not in the others?

The answer comes from the warehouse alone: members, refusals, proof of consent, quarantine and
suppression. The newest snapshot's verdict is part of it while the snapshot exists (view
``sync.membership_explanation``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.data_protection.known_under import known_under, merged_into
from crm_mailchimp.data_protection.refusal_words import (
    ExplainedAddressChange,
    ExplainedRefusal,
    address_change_lines,
    as_text,
    refusal_lines,
)
from crm_mailchimp.rows import read_rows, read_value
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.refusals.suppression import Digester, open_suppression

_NOT_MAILED = {
    "our_unsubscribe": "unsubscribed by us",
    "our_archive": "archived by us",
    "own_unsubscribe": "the person unsubscribed",
    "hand_archive": "archived by hand in Mailchimp",
    "cleaned": "the address bounces",
    "unconfirmed": "the person was asked to confirm and has not yet",
    "compliance": "Mailchimp holds the address in a compliance state",
    "complaint": "the person reported the mail as abuse",
    "forgotten": "permanently deleted",
    "rejected": "refused by Mailchimp",
}
_ORIGINS = {
    "created": "created by us",
    "adopted": "was there before us and is taken along",
    "foreign": "not ours: signed up, or was added, in Mailchimp itself",
}
_ADDRESSES = {
    "present": "the CRM's present address",
    "earlier": "an earlier address",
    "changed": "the address that the person chose in Mailchimp",
}
#: Causes whose time nobody knows: we only see that the member is gone.
_NOTICED_LATER = ("forgotten",)
_END_CAUSES = {
    "unsubscribe": "we unsubscribed the member",
    "archive": "we archived the member",
    "unsubscribed": "the person unsubscribed in Mailchimp",
    "archived": "somebody archived the member in Mailchimp",
    "cleaned": "the address bounced",
    "forgotten": "the member was permanently deleted in Mailchimp",
    "renewed": "another consent took its place",
}


@dataclass(frozen=True, kw_only=True)
class Suppression:
    """An entry of the suppression list; its kind is ``address`` or ``contact``."""

    kind: str
    cause: str
    suppressed_at: datetime


@dataclass(frozen=True, kw_only=True)
class KnownCollection:
    """A collection with its audience and its newest snapshot, if it has them."""

    collection_code: str
    list_id: str | None
    run_id: str | None
    clock: datetime | None


@dataclass(frozen=True, kw_only=True)
class Membership:
    """A row of ``sync.membership_explanation``; its comments say what the columns mean.

    Attributes:
        address_asked_for: whether it is about the address that is asked about; None: a contact is
            asked about.
        whose_address: ``present``: the CRM's present address of the contact; ``earlier``: an
            earlier one; ``changed``: what the person chose in Mailchimp. None: nobody knows.
        is_former_audience: the collection has another audience now, or none.
        run_state: how the run that judged the contact ended, if ``blocked`` or ``failed``.
        run_code: the code with which it ended so.
    """

    collection_code: str
    list_id: str | None
    contact_id: int | None
    in_audience: bool
    status: str | None
    origin: str | None
    cause: str | None
    cause_detail: str | None
    status_since: datetime | None
    synced_at: datetime | None
    consent_id: int | None
    gdpr_category: str | None
    campaign_type: str | None
    rules_version: str | None
    run_id: str | None
    justified_at: datetime | None
    ended_at: datetime | None
    end_cause: str | None
    reason_code: str | None
    reason_detail: str | None
    explanation: str | None
    what_to_do: str | None
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    in_collection: bool
    judged_by_run: str | None
    judged_at: datetime | None
    address_asked_for: bool | None
    whose_address: str | None
    is_former_audience: bool
    run_state: str | None
    run_code: str | None


class _Present(NamedTuple):
    """A contact, and the CRM's present address of it."""

    contact_id: int
    subscriber_hash: str


@dataclass(frozen=True)
class Explanation:
    """Everything that decides about one address or contact.

    Attributes:
        contact_asked_for: the contact that is asked about; None: an address is.
        contact_ids: contacts that have, had or would have the address. Or the contact that is
            asked about, and those merged into it. Empty: the warehouse knows none.
        suppressions: entries of the suppression list that hold for the address or a contact.
        memberships: rows of ``sync.membership_explanation``, by collection.
        collections: every known collection with its audience and newest snapshot.
        refusals: rows of ``sync.refusal`` that belong to the address or a contact; the ended
            ones last.
        address_changes: addresses that the person changed in Mailchimp.
    """

    contact_asked_for: int | None
    contact_ids: Sequence[int]
    suppressions: Sequence[Suppression]
    memberships: Sequence[Membership] = field(repr=False)
    collections: Sequence[KnownCollection]
    refusals: Sequence[ExplainedRefusal]
    address_changes: Sequence[ExplainedAddressChange]

    @property
    def erased_at(self) -> datetime | None:
        """When the address or a contact was erased, as the CRM asked; None: it was not."""
        return min(
            (one.suppressed_at for one in self.suppressions if one.cause == "erased"),
            default=None,
        )

    def as_json(self) -> str:
        """One JSON object; times as ISO 8601 in UTC."""
        known = {**asdict(self), "erased_at": self.erased_at}
        return json.dumps(known, default=as_text, ensure_ascii=False, indent=2)

    def as_text(self) -> str:
        """A paragraph for each collection, for people to read."""
        return "\n\n".join(_paragraphs(self))


def explain_address(warehouse: Connection[Any], email: str) -> Explanation:
    """Explain an address in any spelling.

    Raises:
        UnknownAddressError: the text is empty.
        SuppressionLostError: the suppression list is not whole.
    """
    known = known_under(warehouse, email)
    digester = open_suppression(warehouse)
    return _explain(
        warehouse,
        digester,
        None,
        sorted(known.subscriber_hashes),
        list(known.contact_ids),
        [
            *(digester.address(one) for one in known.addresses),
            *(digester.subscriber(one) for one in known.subscriber_hashes),
        ],
    )


def explain_contact(warehouse: Connection[Any], contact_id: int) -> Explanation:
    """Explain a contact of the CRM and what was merged into it, under whatever addresses.

    Raises:
        SuppressionLostError: the suppression list is not whole.
    """
    digester = open_suppression(warehouse)
    return _explain(warehouse, digester, contact_id, [], merged_into(warehouse, contact_id), [])


def _explain(
    warehouse: Connection[Any],
    digester: Digester,
    contact_asked_for: int | None,
    hashes: Sequence[str],
    contact_ids: list[int],
    address_digests: list[bytes],
) -> Explanation:
    digests = [*address_digests, *(digester.contact(one) for one in contact_ids)]
    parameters: dict[str, Any] = {
        "subscriber_hashes": list(hashes), "contact_ids": contact_ids, "digests": digests,
    }  # fmt: skip
    present = read_rows(warehouse, _Present, statement("sync/present_addresses"), parameters)
    parameters["present_contacts"] = [one.contact_id for one in present]
    parameters["present_hashes"] = [one.subscriber_hash for one in present]
    suppressions = read_rows(
        warehouse, Suppression, statement("sync/explain_suppressions"), parameters
    )
    if contact_asked_for is not None and not suppressions:
        parameters["contact_id"] = contact_asked_for
        if not read_value(warehouse, bool, statement("sync/knows_contact"), parameters):
            contact_ids = []
    found = Explanation(
        contact_asked_for,
        contact_ids,
        suppressions,
        read_rows(warehouse, Membership, statement("sync/explain_memberships"), parameters),
        read_rows(warehouse, KnownCollection, statement("sync/explain_collections")),
        read_rows(warehouse, ExplainedRefusal, statement("sync/explain_refusals"), parameters),
        read_rows(
            warehouse,
            ExplainedAddressChange,
            statement("sync/explain_address_changes"),
            parameters,
        ),
    )
    warehouse.rollback()
    return found


def _paragraphs(explanation: Explanation) -> Iterator[str]:
    if explanation.contact_ids:
        yield "Contacts: " + ", ".join(map(str, explanation.contact_ids))
    elif explanation.contact_asked_for is None:
        yield "No contact of the CRM is known under this address."
    else:
        yield (
            f"The warehouse knows no contact {explanation.contact_asked_for}: no sync has staged "
            "this contact id, and nothing else is stored about it."
        )
        return
    for entry in explanation.suppressions:
        what = "The address" if entry.kind == "address" else "A contact"
        yield (
            f"{what} is suppressed since {as_text(entry.suppressed_at)} ({entry.cause}): it is "
            "never pushed again, into no audience."
        )
    if explanation.erased_at is not None:
        yield (
            f"Erased {as_text(explanation.erased_at)}, as the CRM asked. The erasure took away "
            "everything that was known until then: contacts, memberships, consents and refusals. "
            "So nothing of it can be explained any more. What follows, if anything, is newer."
        )
    for refusal in explanation.refusals:
        yield "\n".join(refusal_lines(refusal))
    for change in explanation.address_changes:
        yield "\n".join(address_change_lines(change))
    shown = set()
    for row in explanation.memberships:
        shown.add(row.collection_code)
        yield "\n".join(_membership(row))
    if explanation.erased_at is not None:
        return  # what is not known any more is not known of a collection either
    for collection in explanation.collections:
        if collection.collection_code not in shown:
            yield _without_membership(collection)


def _membership(row: Membership) -> Iterator[str]:
    yield f"{row.collection_code}: {_state(row)}"
    if row.contact_id is not None or row.address_asked_for is None:
        who = f"contact {row.contact_id}" if row.contact_id is not None else "a member"
        yield f"  {who}{_at_which_address(row)}"
    if row.is_former_audience:
        yield (
            "  a former audience of the collection. We add nobody there, and members stay as they "
            "are. Withdrawals still go out"
        )
    if row.origin:
        yield f"  {_ORIGINS[row.origin]}"
    if row.justified_at:
        yield f"  {_proof(row)}"
        if row.ended_at:
            cause = _END_CAUSES.get(row.end_cause or "", row.end_cause)
            noticed = ", as noticed" if row.end_cause in _NOTICED_LATER else ""
            yield f"  that ended{noticed} {as_text(row.ended_at)}: {cause}"
    if row.reason_code:
        yield f"  {_reason(row)}"
    elif row.judged_at and not row.in_audience and not row.status:
        yield f"  found eligible by run {row.judged_by_run}, and not pushed yet{_how_it_ended(row)}"
    elif row.in_audience and not row.in_collection and not row.is_former_audience:
        yield from _outside_collection(row)


def _state(row: Membership) -> str:
    if row.status is None:
        return "not in the audience"
    audience = "a former audience" if row.is_former_audience else "the audience"
    state = f"in {audience}, {row.status}" if row.in_audience else row.status
    if row.cause == "forgotten":
        state = f"not in the audience any more, last {row.status}"
    if row.cause:
        state += f" ({_NOT_MAILED[row.cause]}"
        state += f": {row.cause_detail})" if row.cause_detail else ")"
    where = f" in audience {row.list_id}"
    if row.cause in _NOTICED_LATER:
        # Nobody knows when that happened: status_since is about the status before.
        noticed = row.ended_at if row.end_cause == row.cause else None
        return f"{state}{where}" + (f", noticed {as_text(noticed)}" if noticed else "")
    return f"{state}{where} since {as_text(row.status_since)}"


def _at_which_address(row: Membership) -> str:
    if row.address_asked_for is not None:
        return "" if row.address_asked_for else " under another address"
    return f" at {_ADDRESSES[row.whose_address]}" if row.whose_address is not None else ""


def _how_it_ended(row: Membership) -> str:
    if row.run_state is None:
        return ""
    return f": that run ended {row.run_state} for the collection ({row.run_code})"


def _outside_collection(row: Membership) -> Iterator[str]:
    if row.origin == "created":
        yield "  the newest snapshot does not hold the contact: it is to be removed"
    elif row.origin == "adopted":
        yield "  the newest snapshot does not hold the contact: a member that others added stays"


def _proof(row: Membership) -> str:
    consent = f"consent row {row.consent_id}" if row.consent_id is not None else "no consent needed"
    return (
        f"justified {as_text(row.justified_at)} by run {row.run_id}: {consent}, category "
        f"{row.gdpr_category}, campaign type {row.campaign_type}, rules version "
        f"{row.rules_version}"
    )


def _reason(row: Membership) -> str:
    text = f"held back: {row.reason_code}. {row.explanation or ''}"
    if row.reason_detail:
        text += f" ({row.reason_detail})"
    if row.first_seen_at:
        text += f" Since {as_text(row.first_seen_at)}."
    return f"{text} What to do: {row.what_to_do}" if row.what_to_do else text


def _without_membership(collection: KnownCollection) -> str:
    code = collection.collection_code
    if collection.clock is None:
        return f"{code}: not in the audience; there is no snapshot of the collection any more"
    return (
        f"{code}: not in the audience; the collection did not hold the contact at "
        f"{as_text(collection.clock)} (run {collection.run_id})"
    )
