"""The period a person asks for, from text."""

from __future__ import annotations

from datetime import UTC, datetime


def parse_period(since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    """Both ends as times; a text without zone is UTC, blank means open.

    Raises:
        ValueError: a text is no ISO 8601 time, or the period ends before it begins.
    """
    start, end = _parse("since", since), _parse("until", until)
    if start and end and end <= start:
        raise ValueError(f"until ({until}) is not after since ({since})")
    return start, end


def _parse(name: str, text: str | None) -> datetime | None:
    if not text or not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ValueError(
            f"{name}: {text!r} is no ISO 8601 time such as 2026-11-01 or 2026-11-01T08:00+02:00"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
