"""Mailchimp's notion of time: ISO 8601 in whole seconds, an empty string for "never".

The reference says "ISO 8601 time format: 2015-10-21T15:41:36+00:00". A filter with fractions of a
second is refused, so fractions are cut here, in one place.
"""

from __future__ import annotations

from datetime import UTC, datetime


def format_instant(instant: datetime) -> str:
    """Write an instant the way the API's filters and fields accept it.

    Args:
        instant: an aware time; fractions of a second are cut. They are never rounded up, so that a
            ``since`` filter skips nothing.

    Raises:
        ValueError: the time has no time zone, so it is no instant.
    """
    if instant.tzinfo is None:
        raise ValueError("An instant for Mailchimp needs a time zone; got a naive datetime.")
    return instant.astimezone(UTC).replace(microsecond=0).isoformat()


def parse_instant(text: str | None) -> datetime | None:
    """Read an instant of an answer; None for the empty string, which means "never"."""
    if not text:
        return None
    parsed = datetime.fromisoformat(text)
    # Answers carry an offset; the one place that leaves it out (campaign drafts) means UTC.
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
