"""From a raw HTTP answer to a JSON object or a typed error."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from crm_mailchimp.mailchimp.errors import (
    AuthenticationError,
    BadRequest,
    ComplianceStateError,
    FieldError,
    ForeignAnswer,
    ForgottenError,
    GarbledAnswer,
    MailchimpError,
    NotFound,
    OverloadedError,
    PermissionDenied,
    ServerError,
    TooManyRequests,
    UnexpectedAnswer,
)
from crm_mailchimp.scrubbing import scrub
from crm_mailchimp.storable import storable_json

#: The escapes that stand for NUL and for halves of surrogate pairs.
_UNSTORABLE = re.compile(rb"\\u(?:0000|[dD][89abAB])", re.IGNORECASE)

_CONTAINERS = (dict, list)

#: Most levels of objects and lists inside each other. The API's own answers have fewer than 10
#: (OpenAPI 3.0.55).
MOST_LEVELS = 50
#: Mailchimp's titles of refusals that mean something else than a wrong request.
_REFUSALS: Mapping[str, type[BadRequest]] = {
    "member in compliance state": ComplianceStateError,
    "forgotten email not subscribed": ForgottenError,
}


def json_value(text: str) -> Any:
    """A JSON text as Python's values.

    Raises:
        ValueError: it is no JSON, or has more than ``MOST_LEVELS`` levels.
    """
    try:
        value = json.loads(text, parse_constant=lambda _: None)
    except RecursionError:
        raise ValueError("too many levels") from None
    _require_few_levels(value)
    return value


def _require_few_levels(value: Any) -> None:
    # Only what has a further level is kept: an answer has many more texts and numbers.
    level = [value] if type(value) in _CONTAINERS else []
    for _ in range(MOST_LEVELS):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) in _CONTAINERS
        ]
        if not level:
            return
    raise ValueError("too many levels")


def _quickly(body: bytes) -> Any:
    """Plain JSON as Python's values; None where it has to be read with more patience.

    An integer of more than 64 bits becomes a floating-point number. JSON programs do not agree on
    such numbers (RFC 8259, section 6), and no field of the API has one.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def json_object(body: bytes) -> dict[str, Any] | None:
    """The body as a JSON object, or None where it is something else.

    What Postgres cannot hold is replaced, and so is what is no UTF-8.
    """
    try:
        value = _quickly(body)
        if value is None:
            # Bytes of another encoding spoil one text, and not the whole answer.
            value = json_value(body.decode("utf-8-sig", "replace"))
        else:
            _require_few_levels(value)
        if _UNSTORABLE.search(body):
            value = storable_json(value)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


@contextmanager
def expected_shape(what: str) -> Iterator[None]:
    """Reads an answer, or a part of it, whose values may be of other types than described.

    Args:
        what: is read, for the error.

    Raises:
        GarbledAnswer: a value is missing or of another type.
    """
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # Not "from error": its text may quote the value.
        raise GarbledAnswer(f"{what} is not as described ({type(error).__name__})") from None


def moment_of(header: str | None) -> datetime | None:
    """The moment that a header names (RFC 9110, 5.6.7); None where it names none."""
    try:
        moment = parsedate_to_datetime(header) if header else None
    except (ValueError, TypeError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def seconds_to_wait(header: str | None, now: datetime | None = None) -> float | None:
    """What a ``Retry-After`` header asks for: seconds or a date (RFC 9110, 10.2.3)."""
    if not header:
        return None
    if header.strip().isdecimal():
        return float(header)
    moment = moment_of(header)
    return (
        None if moment is None else max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
    )


def read_answer(
    method: str, path: str, status: int, headers: Mapping[str, str], body: bytes
) -> dict[str, Any] | MailchimpError | None:
    """Judge an answer.

    Args:
        method: of the request.
        path: its template, such as ``/lists/{list_id}``.
        status: of the answer.
        headers: of the answer (case-insensitive mapping).
        body: whole.

    Returns:
        the JSON object, None for "no content", or the error that this answer is. The error is not
        raised: the caller decides about another attempt.
    """
    content = json_object(body)
    if status == 204:
        return None
    if 200 <= status < 300:
        if content is not None:
            return content
        content_type = headers.get("content-type") or ""
        kind = scrub(content_type or "no content type")
        if _is_foreign(content_type, body):
            return ForeignAnswer(
                f"an answer that is not JSON ({kind[:60]})",
                method=method,
                path=path,
                status=status,
                outcome_unknown=method != "GET",
            )
        return GarbledAnswer(
            f"{len(body)} bytes that are no JSON object ({kind[:60]})",
            method=method,
            path=path,
            status=status,
            outcome_unknown=method != "GET",
        )
    return error_of(method, path, status, content, headers)


def _is_foreign(content_type: str, body: bytes) -> bool:
    """Whether an answer that is no JSON object was never meant to be one.

    Mailchimp's answers are ``application/json`` or ``application/problem+json`` (Mailchimp
    Marketing API 3.0.55, "produces"). An answer that is cut keeps that type.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if not kind:
        return body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    return not kind.endswith(("/json", "+json"))


def error_of(
    method: str,
    path: str,
    status: int,
    content: Mapping[str, Any] | None,
    headers: Mapping[str, str],
) -> MailchimpError:
    """The typed error of an answer that is no success (``content``: its JSON object, if any)."""
    problem = content or {}
    known: dict[str, Any] = {
        "method": method,
        "path": path,
        "status": status,
        "title": str(problem.get("title") or ""),
        "detail": str(problem.get("detail") or ""),
        "instance": str(problem.get("instance") or headers.get("x-request-id") or ""),
    }
    explained = bool(known["title"] or known["detail"])
    error: MailchimpError
    match status:
        case 401:
            error = AuthenticationError(**known)
        case 429:
            error = TooManyRequests(
                retry_after=seconds_to_wait(headers.get("retry-after")), **known
            )
        case 403 if not explained:
            error = OverloadedError(
                retry_after=seconds_to_wait(headers.get("retry-after")), **known
            )
        case 403:
            error = PermissionDenied(**known)
        case _ if status >= 500 or status == 408:
            error = ServerError(
                retry_after=seconds_to_wait(headers.get("retry-after")),
                outcome_unknown=method != "GET",
                **known,
            )
        # Without Mailchimp's explanation a 404 may come from any proxy on the way. It must not be
        # taken for "this member does not exist".
        case _ if not explained:
            error = UnexpectedAnswer(
                f"without Mailchimp's explanation ({headers.get('content-type', '')[:60]})", **known
            )
        case 404:
            error = NotFound(**known)
        case _ if status >= 400:
            kind = _REFUSALS.get(known["title"].strip().lower(), BadRequest)
            error = kind(errors=_field_errors(problem), **known)
        case _:
            error = UnexpectedAnswer(**known)
    return error


def _field_errors(problem: Mapping[str, Any]) -> tuple[FieldError, ...]:
    entries = problem.get("errors")
    if not isinstance(entries, list):
        return ()
    return tuple(
        FieldError(field=str(entry.get("field") or ""), message=str(entry.get("message") or ""))
        for entry in entries
        if isinstance(entry, dict)
    )
