"""Errors as ``application/problem+json`` (OpenAPI: Problem Detail Document).

Titles and details are Mailchimp's own words, from its error glossary
(https://mailchimp.com/developer/marketing/docs/errors/) and from answers in public issue threads.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

TYPE = "https://mailchimp.com/developer/marketing/docs/errors/"


class Problem(Exception):  # noqa: N818 - the word of the standard (problem+json)
    """An error answer. ``errors`` are (field, message) pairs."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        errors: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """The problem document."""
        document: dict[str, Any] = {
            "type": TYPE,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": str(uuid.uuid4()),
        }
        if self.errors:
            document["errors"] = [{"field": f, "message": m} for f, m in self.errors]
        return document


def not_found() -> Problem:
    """404 for an unknown resource."""
    return Problem(404, "Resource Not Found", "The requested resource could not be found.")


def method_not_allowed(allowed: Sequence[str]) -> Problem:
    """405 with the ``Allow`` header."""
    return Problem(
        405,
        "Method Not Allowed",
        "The requested method and resource are not compatible. See the Allow header for this "
        "resource's available methods.",
        headers={"Allow": ", ".join(allowed)},
    )


def invalid_resource(detail: str, errors: Sequence[tuple[str, str]] = ()) -> Problem:
    """400 for a value that Mailchimp understands and refuses."""
    return Problem(400, "Invalid Resource", detail, errors)


def invalid_fields(*errors: tuple[str, str]) -> Problem:
    """400 for a body or a parameter that does not fit the schema."""
    return invalid_resource(
        "The resource submitted could not be validated. For field-specific details, see the "
        "'errors' array.",
        errors,
    )


def bad_request(detail: str) -> Problem:
    """400 in general."""
    return Problem(400, "Bad Request", detail)


def key_missing() -> Problem:
    """401 without credentials."""
    return Problem(401, "API Key Missing", "Your request did not include an API key.")


def key_invalid() -> Problem:
    """401 with wrong credentials."""
    return Problem(
        401,
        "API Key Invalid",
        "Your API key may be invalid, or you've attempted to access the wrong datacenter.",
    )


def too_many_connections() -> Problem:
    """429: the throttle is 10 simultaneous connections (docs, "API limits")."""
    return Problem(
        429, "Too Many Requests", "You have exceeded the limit of 10 simultaneous connections."
    )


def not_permitted() -> Problem:
    """403 when the plan forbids it; the answer to one audience too many (seen in
    VingtCinq/python-mailchimp#197 and brandonseydel/MailChimp.Net#634)."""
    return Problem(
        403,
        "User action not permitted",
        "User does not have access to the requested operation",
    )
