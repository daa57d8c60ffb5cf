"""Refusals and changed addresses in words, for who asks why somebody is not mailed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

_KINDS = {
    "unsubscribed": "the person unsubscribed",
    "complaint": "the person reported the mail as abuse",
    "compliance": "Mailchimp holds the address in a compliance state",
    "forgotten": "the member was permanently deleted in Mailchimp",
    "archived_by_hand": "somebody archived the member in Mailchimp",
    "tag_taken": "somebody took the collection's tag from the member in Mailchimp",
    "permission_taken_back": "the person took back the marketing permission",
    "withdrawal": "we unsubscribed the member: the CRM or another refusal asked for it",
    "unconfirmed": "the person was asked to confirm and has not yet",
}
_SOURCES = {
    "member": "from the member's status",
    # A full listing shows it, or the sync reads the member by name.
    "full_listing": "because the audience no longer has the member",
    "abuse_report": "from the abuse reports",
    "campaign_report": "from a campaign's report",
    "our_removal": "from our own removal",
    "upgrade": "from what an earlier version had noted",
}
_ENDS = {
    # Mailchimp does not say who did it: staff may resubscribe or unarchive somebody.
    "signed_up": "Mailchimp shows the address subscribed again",
    "confirmed": "the person confirmed",
}
#: Kinds that wait for a confirmation. The others hold until the address is subscribed again.
_ASKED = ("withdrawal", "unconfirmed")


@dataclass(frozen=True, kw_only=True)
class ExplainedRefusal:
    """A row of ``sync.refusal`` that belongs to the address or contact that is asked about.

    Attributes:
        list_id: the audience in which it was made.
        collection_codes: the collections for which it holds.
        holds_everywhere: it holds for all collections.
        is_at_address: it was made at the very address.
        contact_ids: contacts of the question to which it belongs.
        merged_ids: contacts merged into these, through which it belongs to them.
    """

    kind: str
    list_id: str
    collection_codes: list[str]
    holds_everywhere: bool
    is_about_person: bool
    known_from: str
    refused_at: datetime | None
    known_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    is_at_address: bool
    contact_ids: list[int]
    merged_ids: list[int]


@dataclass(frozen=True, kw_only=True)
class ExplainedAddressChange:
    """An address that a person changed in Mailchimp.

    Attributes:
        changed_at: Mailchimp's clock; None where it does not say.
        ended_at: since when the CRM has another address than the former one.
    """

    list_id: str
    contact_id: int
    changed_at: datetime | None
    noticed_at: datetime
    ended_at: datetime | None


def refusal_lines(refusal: ExplainedRefusal) -> Iterator[str]:
    """What a refusal is, where it holds, whose it is, and what ends it."""
    since = as_text(refusal.refused_at or refusal.known_at)
    if refusal.kind == "forgotten":
        # Mailchimp does not say when. The time that is stored is the member's last change.
        since = f"noticed {as_text(refusal.known_at)}"
    title = "Refusal" if refusal.ended_at is None else "Former refusal"
    yield f"{title}: {_KINDS[refusal.kind]}, in audience {refusal.list_id}, {since}"
    noticed = "" if refusal.kind == "forgotten" else f" since {as_text(refusal.known_at)}"
    yield f"  known {_SOURCES[refusal.known_from]}{noticed}"
    yield f"  {_whose(refusal)}"
    if refusal.ended_at is not None:
        cause = _ENDS[refusal.ended_by] if refusal.ended_by else "the cause is not known"
        if refusal.kind == "tag_taken" and refusal.ended_by == "signed_up":
            cause = "Mailchimp shows the tag at the member again"
        yield f"  ended {as_text(refusal.ended_at)}: {cause}"
        return
    yield f"  {_where(refusal)}"
    yield f"  {_what_ends(refusal)}"


def address_change_lines(change: ExplainedAddressChange) -> Iterator[str]:
    """An address that the person changed in Mailchimp, and what to do about it."""
    yield (
        f"Address changed in Mailchimp by the person, in audience {change.list_id}, "
        f"{as_text(change.changed_at)} (contact {change.contact_id})"
    )
    if change.ended_at is None:
        yield "  the member stays, and the CRM has the former address: enter the new one there"
    else:
        yield f"  the CRM has another address since {as_text(change.ended_at)}"


def as_text(value: object) -> str:
    """Times in UTC by the second; everything else as it prints."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(sep=" ", timespec="seconds")
    return str(value)


def _whose(refusal: ExplainedRefusal) -> str:
    if not refusal.is_about_person:
        # After a hard bounce elsewhere, or where an address that the contact left was cleared away.
        return "about this address alone, not about the person"
    parts = ["made at this address"] if refusal.is_at_address else []
    if refusal.contact_ids:
        parts.append("belongs to " + _contacts(refusal.contact_ids))
    if refusal.merged_ids:
        parts.append("through the merged " + _contacts(refusal.merged_ids))
    return ", ".join(parts) or "made at an address that the contact has now"


def _contacts(contact_ids: list[int]) -> str:
    return ("contact " if len(contact_ids) == 1 else "contacts ") + ", ".join(map(str, contact_ids))


def _where(refusal: ExplainedRefusal) -> str:
    if refusal.holds_everywhere:
        return "holds for all collections"
    codes = ", ".join(refusal.collection_codes)
    return f"holds for {codes}" if codes else "holds for no collection any more"


def _what_ends(refusal: ExplainedRefusal) -> str:
    if refusal.kind in _ASKED:
        return (
            "It waits until the person confirms, or signs up in an audience of these collections. "
            "After a grant in the CRM, the next sync asks the person, unless another refusal holds"
        )
    if refusal.kind == "permission_taken_back":
        return (
            f"it ends when the person gives the permission again in audience {refusal.list_id}, "
            "subscribed there. No grant in the CRM ends it"
        )
    if refusal.kind == "tag_taken":
        return (
            f"it ends when somebody gives the tag again in Mailchimp: at {_address(refusal)}, or "
            "to the same person at another one. No grant in the CRM ends it"
        )
    return (
        f"it ends when Mailchimp shows {_address(refusal)} subscribed again in audience "
        f"{refusal.list_id}. Only the person should subscribe it; no grant in the CRM ends it"
    )


def _address(refusal: ExplainedRefusal) -> str:
    if refusal.is_at_address:
        return "this address"
    return "the address that refused (perhaps an earlier one)"
