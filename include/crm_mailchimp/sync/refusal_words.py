"""Refusals and changed addresses in words, for who asks why somebody is not mailed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

_KINDS = {
    "unsubscribed": "the person unsubscribed",
    "complaint": "the person reported the mail as abuse",
    "compliance": "Mailchimp holds the address in a compliance state",
    "forgotten": "the member was permanently deleted in Mailchimp",
    "archived_by_hand": "somebody archived the member in Mailchimp",
    "withdrawal": "we unsubscribed the member, as the CRM asked",
    "unconfirmed": "the person was asked to confirm and has not yet",
}
_SOURCES = {
    "member": "the member's status",
    "full_listing": "a full listing of the audience",
    "abuse_report": "the abuse reports",
    "campaign_report": "a campaign's report",
    "our_removal": "our own removal",
    "upgrade": "what an earlier version had noted",
}
_ENDS = {
    "signed_up": "the person signed up again",
    "confirmed": "the person confirmed",
}
#: Kinds that hold until the person confirms; the others until the person signs up again.
_ASKED = ("withdrawal", "unconfirmed")


def refusal_lines(row: Mapping[str, Any]) -> Iterator[str]:
    """What a refusal is, where it holds, whose it is, and what ends it.

    Args:
        row: of ``sql/sync/explain_refusals.sql``.
    """
    since = as_text(row["refused_at"] or row["known_at"])
    title = "Refusal" if row["ended_at"] is None else "Former refusal"
    yield f"{title}: {_KINDS[row['kind']]}, in audience {row['list_id']}, {since}"
    yield f"  known from {_SOURCES[row['known_from']]} since {as_text(row['known_at'])}"
    yield f"  {_whose(row)}"
    if row["ended_at"] is not None:
        yield f"  ended {as_text(row['ended_at'])}: {_ENDS[row['ended_by']]}"
        return
    yield f"  {_where(row)}"
    yield f"  {_what_ends(row)}"


def address_change_lines(row: Mapping[str, Any]) -> Iterator[str]:
    """An address that the person changed in Mailchimp, and what to do about it.

    Args:
        row: of ``sql/sync/explain_address_changes.sql``.
    """
    yield (
        f"Address changed in Mailchimp by the person, in audience {row['list_id']}, "
        f"{as_text(row['changed_at'])} (contact {row['contact_id']})"
    )
    if row["ended_at"] is None:
        yield "  the member stays, and the CRM has the former address: enter the new one there"
    else:
        yield f"  the CRM has another address since {as_text(row['ended_at'])}"


def as_text(value: object) -> str:
    """Times in UTC by the second; everything else as it prints."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(sep=" ", timespec="seconds")
    return str(value)


def _whose(row: Mapping[str, Any]) -> str:
    if not row["is_about_person"]:
        # After a hard bounce elsewhere, or where an address that the contact left was cleared away.
        return "about this address alone, not about the person"
    parts = ["made at this address"] if row["is_at_address"] else []
    if row["contact_ids"]:
        parts.append("belongs to " + _contacts(row["contact_ids"]))
    if row["merged_ids"]:
        parts.append("through the merged " + _contacts(row["merged_ids"]))
    return ", ".join(parts) or "made at an address that the contact has now"


def _contacts(contact_ids: list[int]) -> str:
    return ("contact " if len(contact_ids) == 1 else "contacts ") + ", ".join(map(str, contact_ids))


def _where(row: Mapping[str, Any]) -> str:
    if row["holds_everywhere"]:
        return "holds for all collections"
    codes = ", ".join(row["collection_codes"])
    return f"holds for {codes}" if codes else "holds for no collection any more"


def _what_ends(row: Mapping[str, Any]) -> str:
    if row["kind"] in _ASKED:
        return (
            "it waits for the person to confirm, or to sign up in an audience of these "
            "collections; a grant in the CRM has the person asked"
        )
    return f"Only the person can subscribe again in audience {row['list_id']}; no grant ends it"
