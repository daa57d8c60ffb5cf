"""In a task's log, errors of our own are one line: they say all that a person needs.

Airflow logs a failed task with all its stack frames. Those help with an error that nobody expected,
and with no other.
"""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from airflow.sdk.exceptions import AirflowFailException

from crm_mailchimp.error_words import located
from crm_mailchimp.errors import PassingError, PermanentError, ProviderError

_OURS = (AirflowFailException, PassingError, PermanentError, ProviderError)


def show_no_frames() -> None:
    """Take the frames of our own errors out of this process's log from now on."""
    # Loggers that are in use share this list, so a new configuration would not reach them.
    processors = structlog.get_config()["processors"]
    if _without_frames not in processors:
        processors.insert(0, _without_frames)


def _without_frames(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    shown = event.get("exc_info")
    error = sys.exc_info()[1] if shown is True else shown
    if isinstance(error, _OURS):
        del event["exc_info"]
        event["event"] = f"{event['event']}: {located(error)}"
    return event
