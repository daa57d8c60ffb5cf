"""Pages of one list asked for side by side, ahead of their reader."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import Protocol

from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.paging import PAGE, Ahead, Answer

#: Asks a client for a page: how many items, and from which offset on.
Page = Callable[[MailchimpClient, int, int], Answer]


class ReadAhead(Protocol):
    """Asks for pages of a list over several connections."""

    def __call__(self, page: Page, count: int, offsets: Sequence[int]) -> Generator[Answer]:
        """Answers in the order of the offsets. A few calls run ahead of the reader.

        Args:
            page: runs in another thread, with a client that no other thread uses meanwhile.
            count: items of a page.
            offsets: of the pages.

        Raises:
            MailchimpError: what asking for the next page raised.
        """
        ...


def ahead_of(ahead: ReadAhead | None, page: Page) -> Ahead | None:
    """How ``walk`` asks ahead for whole pages; None: it asks for one after the other."""
    return None if ahead is None else partial(ahead, page, PAGE)
