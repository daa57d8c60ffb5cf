"""The words of an explanation about one collection: is the person a member, and why not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from crm_mailchimp.data_protection.refusal_words import as_text

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
_NOTICED_LATER = ("forgotten", "tag_taken")
_END_CAUSES = {
    "unsubscribe": "we unsubscribed the member",
    "archive": "we archived the member",
    "unsubscribed": "the person unsubscribed in Mailchimp",
    "archived": "somebody archived the member in Mailchimp",
    "cleaned": "the address bounced",
    "forgotten": "the member was permanently deleted in Mailchimp",
    "renewed": "another consent took its place",
    "left_shared_audience": "the collection left the shared audience",
    "tag_taken": "somebody took the collection's tag in Mailchimp",
    "audience_deleted": "the audience was deleted in Mailchimp",
}


@dataclass(frozen=True, kw_only=True)
class KnownCollection:
    """A collection with its audience and its newest snapshot, if it has them.

    Attributes:
        shared_audience: code of the audience that the collection shares; None: it shares none.
        is_shared_audience: it is no collection, but an audience that several share.
    """

    collection_code: str
    list_id: str | None
    run_id: str | None
    clock: datetime | None
    shared_audience: str | None
    is_shared_audience: bool


@dataclass(frozen=True, kw_only=True)
class Membership:
    """A row of ``sync.membership_explanation``; its comments say what the columns mean.

    Attributes:
        address_asked_for: whether it is about the address that is asked about; None: a contact is
            asked about.
        whose_address: ``present``: the CRM's present address of the contact; ``earlier``: an
            earlier one; ``changed``: what the person chose in Mailchimp. None: nobody knows.
        is_former_audience: the collection has another audience now, or none.
        used_by: of a former audience: code of the audience's collection now; None: nobody uses it.
        shared_audience: code of the audience that the collection shares; None: it shares none.
        has_tag: whether the contact's member has the collection's tag there; None: it shares no
            audience.
        tag_of_contact: another contact of the address that has the tag in the contact's place.
        tag_taken_by_hand_at: when we noticed that somebody took the tag away in Mailchimp.
        sharing_codes: of a shared audience's own row: the collections that share it.
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
    used_by: str | None
    shared_audience: str | None
    has_tag: bool | None
    tag_of_contact: int | None
    is_tag_given_by_hand: bool
    tag_taken_by_hand_at: datetime | None
    sharing_codes: list[str]
    run_state: str | None
    run_code: str | None


def membership_lines(row: Membership, *, is_tag_taken: bool = False) -> Iterator[str]:
    """The paragraph about a membership, line by line.

    Args:
        is_tag_taken: somebody took the collection's tag from the person in Mailchimp.
    """
    yield f"{row.collection_code}: {_state(row)}"
    if row.contact_id is not None or row.address_asked_for is None:
        who = f"contact {row.contact_id}" if row.contact_id is not None else "a member"
        yield f"  {who}{_at_which_address(row)}"
    yield from _about_audience(row)
    if row.origin:
        yield f"  {_ORIGINS[row.origin]}"
    if row.justified_at:
        yield f"  {_proof(row)}"
        if row.ended_at:
            cause = _END_CAUSES.get(row.end_cause or "", row.end_cause)
            if row.shared_audience is not None and row.end_cause not in _END_CAUSES:
                cause = f"we took the tag away ({row.end_cause})"
            noticed = ", as noticed" if row.end_cause in _NOTICED_LATER else ""
            yield f"  that ended{noticed} {as_text(row.ended_at)}: {cause}"
    # The audience's collections say why somebody left it.
    if row.reason_code and (row.explanation or not row.sharing_codes):
        yield f"  {_tag_taken(row) if is_tag_taken else _reason(row)}"
    elif row.judged_at and not row.in_audience and not row.status:
        yield f"  found eligible by run {row.judged_by_run}, and not pushed yet{_how_it_ended(row)}"
    elif row.in_audience and not row.in_collection and not row.is_former_audience:
        yield from _outside_collection(row)


def _about_audience(row: Membership) -> Iterator[str]:
    if row.is_former_audience and row.used_by is not None:
        yield f"  a former audience of the collection. It is that of {row.used_by} now"
    elif row.is_former_audience:
        yield (
            "  a former audience of the collection. We add nobody there, and members stay as they "
            "are. Withdrawals still go out"
        )
    if row.has_tag is False and row.status == "subscribed":
        yield "  campaigns of the collection go to its tag, and do not reach the member"
    if row.sharing_codes:
        yield f"  an audience that these collections share: {', '.join(row.sharing_codes)}"
    if row.tag_taken_by_hand_at:
        yield (
            f"  somebody took the tag away in Mailchimp, noticed "
            f"{as_text(row.tag_taken_by_hand_at)}. We never give it again. "
            "If the person wants this mail, give it there by hand"
        )
    elif row.has_tag and row.is_tag_given_by_hand:
        yield (
            "  somebody gave the tag in Mailchimp, or it was left when we removed the member. It "
            "stays if the collection has the contact"
        )


def _state(row: Membership) -> str:
    if row.shared_audience is None:
        return _member_state(row)
    where = f"the collection's tag in the audience {row.shared_audience}"
    if row.tag_of_contact is not None:
        return f"contact {row.tag_of_contact} of the same address has {where}"
    if row.has_tag:
        return f"has {where}, {_member_state(row)}"
    if row.status is None:
        return f"not in the audience {row.shared_audience}"
    return f"does not have {where}. The member is {_member_state(row)}"


def _member_state(row: Membership) -> str:
    if row.status is None:
        return "not in the audience"
    if row.shared_audience is not None and row.cause is None:
        return f"{row.status} there since {as_text(row.status_since)}"
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
    if row.shared_audience is not None:
        yield (
            "  the newest snapshot does not hold the contact: the tag is to be taken away, unless "
            "the collection is blocked"
        )
    elif row.sharing_codes:
        yield (
            "  none of these collections had the contact as eligible in the newest snapshot. The "
            "member is to be removed, unless a collection is blocked or a tag was taken by hand"
        )
    elif row.origin == "created":
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
    text += _since(row)
    return f"{text} What to do: {row.what_to_do}" if row.what_to_do else text


def _tag_taken(row: Membership) -> str:
    """As ``_reason``. The reason itself is about archived members, too."""
    return (
        f"held back: {row.reason_code}. Somebody took the tag from the member in "
        f"Mailchimp.{_since(row)} If the person wants this mail, give the tag again there."
    )


def _since(row: Membership) -> str:
    return f" Since {as_text(row.first_seen_at)}." if row.first_seen_at else ""


def without_membership(collection: KnownCollection) -> str:
    """The line about a collection in which nobody is found."""
    start = f"{collection.collection_code}: not in the audience"
    if collection.shared_audience is not None:
        start = (
            f"{collection.collection_code}: does not have the collection's tag in the audience "
            f"{collection.shared_audience}"
        )
    if collection.clock is None:
        return f"{start}; there is no snapshot of the collection any more"
    who = "the collection did not hold the contact"
    if collection.is_shared_audience:
        who = "none of the collections that share it had the contact as eligible"
    return f"{start}; {who} at {as_text(collection.clock)} (run {collection.run_id})"
