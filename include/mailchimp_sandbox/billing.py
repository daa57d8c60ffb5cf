"""The plan's limit on contacts: who is counted, and what happens beyond it.

What is known, and from where:

- "Subscribed, non-subscribed, and unsubscribed contacts all count", "across all audiences in your
  Mailchimp account" (help, "About Mailchimp Pricing Tiers"). A non-subscribed contact has the
  status ``transactional``.
- "Archived and cleaned contacts don't count" (help, "About Additional Charges"). Pending and
  deleted ones do not count either (terms of use of 2019, as quoted by retaillearning.co).
- An address in two audiences counts twice (Mailchimp's support on r/MailChimp, "Demystifying Your
  Bill").
- A paid plan takes contacts beyond its limit: "we won't interrupt your service. Instead, you'll
  see an additional charge" (help, "About Additional Charges"). That is ``charge``.
- A free account beyond its limit takes contacts, and sends nothing. That is ``pause``. (Seen in
  andpossiblydinosaurs.com, "An important recurring task for Mailchimp users".)
- The API shows neither the limit nor the count of non-subscribed contacts (OpenAPI).

Undocumented: an answer that refuses contacts beyond a limit. Nobody shows one. ``refuse`` is the
reading that is hardest on a client. The call adds nobody, and its answer is the 403 of one audience
too many. People who sign up by a form are taken in any case.
"""

from __future__ import annotations

from collections.abc import Iterable

from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.problem import not_permitted
from mailchimp_sandbox.state import Audience, Member

BILLED = ("subscribed", "unsubscribed", "transactional")


def billed(audience: Audience) -> int:
    """How many contacts of an audience are counted."""
    return sum(audience.counts.get(status, 0) for status in BILLED)


def billed_in_all(sandbox: Sandbox) -> int:
    """How many contacts of the account are counted: an address once for each audience."""
    return sum(billed(audience) for audience in sandbox.account.audiences.values())


def billed_addresses(sandbox: Sandbox) -> int:
    """How many addresses are behind them."""
    return len(
        {
            member.hash
            for audience in sandbox.account.audiences.values()
            for member in audience.members.values()
            if member.status in BILLED
        }
    )


def is_paused(sandbox: Sandbox) -> bool:
    """Whether the account sends nothing because it has too many contacts."""
    account = sandbox.account
    return account.over_limit == "pause" and _is_beyond(sandbox, 0)


def require_room(sandbox: Sandbox, changes: Iterable[tuple[Member | None, str | None]]) -> None:
    """Refuse a call of the API that brings too many contacts, where the account refuses them.

    Args:
        changes: the member as it is, None for a new one, and its next status.

    Raises:
        Problem: 403.
    """
    if sandbox.account.over_limit != "refuse":
        return
    more = sum(
        status in BILLED and (member is None or member.status not in BILLED)
        for member, status in changes
    )
    if more and _is_beyond(sandbox, more):
        raise not_permitted()


def _is_beyond(sandbox: Sandbox, more: int) -> bool:
    limit = sandbox.account.max_contacts
    return limit >= 0 and billed_in_all(sandbox) + more > limit
