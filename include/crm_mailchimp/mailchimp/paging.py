"""Walking a long list of the API, page by page, while it changes underneath.

Pages hold at most 1,000 items and are addressed by offset ("Pagination" in the Marketing API
documentation). A list changes while it is read. An item that comes in before the offset shows one
item twice. An item that goes out makes the walk skip one.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from typing import Any

from crm_mailchimp.mailchimp.errors import UnexpectedAnswer

log = logging.getLogger(__name__)

#: Most items the API gives in one answer.
PAGE = 1000
#: How many keys are remembered to drop repeated items. Items repeat because they shift at page
#: borders, so the last pages suffice. Memory does not grow with the list.
REMEMBERED = 10 * PAGE

#: So often an endpoint may give the same full page, one after the other.
_MOST_REPEATS = 10
#: More items than this are not believed: no audience has as many.
_MOST_ITEMS = 10**9

Answer = dict[str, Any] | None
Fetch = Callable[[int, int], Answer]
#: Gives the pages at these offsets, in their order; it may ask for several at a time.
Ahead = Callable[[Sequence[int]], Generator[Answer]]
Item = dict[str, Any]


def items_of(answer: dict[str, Any] | None, items: str) -> list[Item]:
    """The objects in a list of an answer; no content has none.

    Raises:
        UnexpectedAnswer: as for ``walk``.
    """
    return _objects(_page(answer, items), items)


def _page(answer: dict[str, Any] | None, items: str) -> list[Any]:
    if answer is None:
        return []
    page = answer.get(items)
    if not isinstance(page, list) or (page and not any(isinstance(one, dict) for one in page)):
        raise UnexpectedAnswer(f"the answer has no list of objects {items!r}")
    return page


def _objects(page: list[Any], items: str) -> list[Item]:
    objects = [item for item in page if isinstance(item, dict)]
    if len(objects) < len(page):
        log.warning(
            "%d items of the list %s are no objects and were passed over",
            len(page) - len(objects),
            items,
        )
    return objects


def walk(
    fetch: Fetch,
    items: str,
    *,
    key: Callable[[Item], str] | None = None,
    size: int = PAGE,
    overlap: int = 0,
    ahead: Ahead | None = None,
) -> Iterator[Item]:
    """Items of all pages, one by one.

    The walk ends at a page that is not full. It does not rely on ``total_items``: that counts the
    items of now, not those already passed. It only says which pages may be asked for ahead.

    Args:
        fetch: gets ``count`` and ``offset``, gives the answer.
        items: name of the answer's list.
        key: what identifies an item; an item met again within the last 10 pages is
            dropped. None gives every item.
        size: of a page.
        overlap: how many items a page repeats of the page before. With it and a stable sort order,
            nothing is skipped when items go out meanwhile. A page that does not begin with an
            item of the page before is asked for again further back.
        ahead: asks for the pages after the first ones ahead of their turn. A page that was asked
            for before the page in front of it is judged by the same overlap.

    Raises:
        UnexpectedAnswer: an answer has no such list, or nothing but something else in it. Taken
            for an empty page, it would end the walk early.
    """
    with closing(_Pages(fetch, ahead, size, size - overlap)) as pages:
        yield from _walk(pages, items, key, size, overlap)


def _walk(
    pages: _Pages, items: str, key: Callable[[Item], str] | None, size: int, overlap: int
) -> Iterator[Item]:
    seen: OrderedDict[str, None] = OrderedDict()
    offset = 0
    before: set[str] = set()
    back = overlap
    repeats = 0
    while True:
        answer = pages.at(offset)
        # Its length counts, whatever is in it.
        page = _page(answer, items)
        objects = _objects(page, items)
        names = [key(item) for item in objects] if key else []
        keys = set(names)
        first = names[0] if names else None
        if overlap and before and offset > 0 and first not in before and first not in seen:
            # Everything moved forward by more than the overlap: look further back. A page is only
            # in line if its very first item was met. Another one may have moved there.
            back *= 2
            offset = max(0, offset - back)
            continue
        if key is None:
            yield from objects
        for name, item in zip(names, objects, strict=False):
            if name in seen:
                seen.move_to_end(name)
                continue
            seen[name] = None
            if len(seen) > REMEMBERED:
                seen.popitem(last=False)
            yield item
        # The same full page again and again means that the endpoint does not look at the offset.
        # Once may be chance: as many items came in as a page goes forward.
        repeats = repeats + 1 if keys and keys == before else 0
        if len(page) < size or repeats == _MOST_REPEATS:
            return
        back = overlap
        before = keys
        offset += size - overlap
        pages.expect(offset, answer)


class _Pages:
    """Pages of a list, each when its turn comes; some are asked for ahead."""

    def __init__(self, fetch: Fetch, ahead: Ahead | None, size: int, step: int) -> None:
        self._fetch, self._ahead, self._size, self._step = fetch, ahead, size, step
        self._coming: Generator[Answer] | None = None
        self._next = 0

    def at(self, offset: int) -> Answer:
        """The page at an offset: the next that was asked for ahead, or one asked for now."""
        if self._coming is not None:
            if offset == self._next:
                for answer in self._coming:
                    self._next += self._step
                    return answer
            self.close()
        return self._fetch(self._size, offset)

    def expect(self, offset: int, answer: Answer) -> None:
        """Ask ahead for the pages from an offset on, if the list seems to have several of them."""
        total = (answer or {}).get("total_items")
        if self._ahead is None or self._coming is not None or not isinstance(total, int):
            return
        total = min(total, _MOST_ITEMS)
        # After a page that is not full there is none: what it repeats needs no page of its own.
        repeated = self._size - self._step
        offsets = range(offset, total - repeated + 1, self._step)
        if len(offsets) > 1:
            self._coming, self._next = self._ahead(offsets), offset

    def close(self) -> None:
        """Forget what was asked for ahead."""
        if self._coming is not None:
            self._coming.close()
        self._coming = None
