"""Why Mailchimp refuses a member, in its own words (error glossary and public bug reports)."""

from __future__ import annotations

from mailchimp_sandbox.problem import Problem


def member_exists(email_address: str) -> Problem:
    """400 for an address that is on the list already."""
    return Problem(
        400,
        "Member Exists",
        f"{email_address} is already a list member. Use PUT to insert or update list members.",
    )


def in_compliance_state(email_address: str) -> Problem:
    """400 for what the API may not take back."""
    return Problem(
        400,
        "Member In Compliance State",
        f"{email_address} is in a compliance state due to unsubscribe, bounce, or compliance "
        "review and cannot be subscribed.",
    )


def forgotten(email_address: str) -> Problem:
    """400 for a permanently deleted address, with any status (seen with ``pending`` too)."""
    return Problem(
        400,
        "Forgotten Email Not Subscribed",
        f"{email_address} was permanently deleted and cannot be re-imported. The contact must "
        "re-subscribe to get back on the list.",
    )
