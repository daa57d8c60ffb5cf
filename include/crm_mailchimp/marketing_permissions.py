"""A marketing permission of a member: one of the GDPR fields of an audience."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class MarketingPermission:
    """What a member said to one of the audience's GDPR fields.

    Attributes:
        permission_id: the provider's id of the field, the same for all members of the audience.
        text: the field's text, as people read it.
        is_given: whether the person gave the permission; nobody has until somebody says so.
    """

    permission_id: str
    text: str
    is_given: bool


def plain_text(text: str) -> str:
    """A permission's text as it is compared: case and spaces do not count."""
    return " ".join(text.split()).casefold()
