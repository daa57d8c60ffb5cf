"""Finding a member by what a client puts into the path."""

from __future__ import annotations

from mailchimp_sandbox import addresses
from mailchimp_sandbox.problem import not_found
from mailchimp_sandbox.state import Audience, Member


def seek(audience: Audience, key: str) -> Member | None:
    """A member by subscriber hash, e-mail address or contact id.

    OpenAPI: subscriber_hash "also accepts a list member's email address or contact_id".
    """
    member = audience.members.get(key.lower())
    if member is None and "@" in key:
        member = audience.members.get(addresses.subscriber_hash(key))
    if member is None and key in audience.contacts:
        member = audience.members.get(audience.contacts[key])
    return member


def find(audience: Audience, key: str) -> Member:
    """As ``seek``.

    Raises:
        Problem: 404.
    """
    member = seek(audience, key)
    if member is None:
        raise not_found()
    return member
