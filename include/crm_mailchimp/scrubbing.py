"""Taking personal data and keys out of text that ends up in a log or an exception.

Mailchimp's explanations quote addresses, and its URLs hold subscriber hashes: an md5 of an
address is personal data as well.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote

# Order matters: a key begins with 32 hex digits, which alone look like a subscriber hash.
_SECRETS = (
    (re.compile(r"\b[0-9a-f]{32}-[a-z]{2,4}\d+\b", re.IGNORECASE), "[key]"),
    # Anything around an @ up to white space or brackets. Addresses may be Greek, masked, malformed
    # or hold an apostrophe or a slash. It is better to take away too much than too little.
    (re.compile(r"""[^\s"<>()\[\]{},;]+@[^\s"<>()\[\]{},;]+"""), "[address]"),
    (re.compile(r"\b[0-9a-f]{32}\b", re.IGNORECASE), "[hash]"),
)
#: The loggers of urllib3 that write URLs. A filter of a logger does not hold for those below it.
_TRANSPORT_LOGGERS = ("urllib3.connectionpool", "urllib3.util.retry", "urllib3.poolmanager")


def scrub(text: str) -> str:
    """The text without e-mail addresses, subscriber hashes and API keys."""
    for pattern, stand_in in _SECRETS:
        text = pattern.sub(stand_in, text)
    return text


class UrlScrubber(logging.Filter):
    """Takes identifiers out of the URLs that urllib3 writes to its debug log.

    Without it, at log level DEBUG, the task's log would keep every request line, with subscriber
    hash and searched address.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                scrub(unquote(part)) if isinstance(part, str) else part for part in record.args
            )
        return True


def scrub_transport_log() -> None:
    """Put one ``UrlScrubber`` on urllib3's request log; calling it again changes nothing."""
    transport = logging.getLogger("urllib3.connectionpool")
    if not any(isinstance(present, UrlScrubber) for present in transport.filters):
        transport.addFilter(UrlScrubber())


class _Silence(logging.Filter):
    """Drops what one thread logs; other threads go on."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()

    def filter(self, record: logging.LogRecord) -> bool:
        return record.thread != self._thread


@contextmanager
def silent_transport() -> Iterator[None]:
    """For requests whose URL is a secret: nothing of them gets into a log, at no level.

    urllib3 logs host, path and parameters of each request at DEBUG. It is silent in this thread,
    for as long as the block runs.
    """
    silence = _Silence()
    loggers = [logging.getLogger(name) for name in _TRANSPORT_LOGGERS]
    for transport in loggers:
        transport.addFilter(silence)
    try:
        yield
    finally:
        for transport in loggers:
            transport.removeFilter(silence)
