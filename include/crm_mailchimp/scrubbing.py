"""Taking personal data and keys out of text that ends up in a log or an exception.

Mailchimp's explanations quote addresses, and its URLs hold subscriber hashes: an md5 of an
address is personal data as well.
"""

from __future__ import annotations

import logging
import re
from urllib.parse import unquote

# Order matters: a key begins with 32 hex digits, which alone look like a subscriber hash.
_SECRETS = (
    (re.compile(r"\b[0-9a-f]{32}-[a-z]{2,4}\d+\b", re.IGNORECASE), "[key]"),
    # Anything around an @ up to white space or brackets. Addresses may be Greek, masked, malformed
    # or hold an apostrophe or a slash. It is better to take away too much than too little.
    (re.compile(r"""[^\s"<>()\[\]{},;]+@[^\s"<>()\[\]{},;]+"""), "[address]"),
    (re.compile(r"\b[0-9a-f]{32}\b", re.IGNORECASE), "[hash]"),
)


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
