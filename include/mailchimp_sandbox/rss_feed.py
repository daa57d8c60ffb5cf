"""Reading the feed of an RSS campaign: RSS 0.9x, 1.0 and 2.0, and Atom, over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from xml.parsers import expat

import requests

#: What a feed may take: seconds until it answers, bytes in all.
TIMEOUT = 10
MOST_BYTES = 4 << 20

#: The first of these tags that an item has gives its date. Source: "We'll pull in the date for any
#: of these tags" (kb.mailchimp.com, on RSS feeds that send no campaigns).
DATES = ("pubDate", "pubdate", "published", "created", "updated", "date")
_ITEMS = ("item", "entry")
_KEPT = (*DATES, "title", "link", "description", "summary", "encoded", "content")


class FeedError(Exception):
    """The feed cannot be reached, or what it answers is no feed."""


@dataclass(frozen=True)
class Item:
    """One post; ``published_at`` in seconds since the epoch, None where no date can be read."""

    title: str
    url: str
    content: str
    published_at: int | None


@dataclass(frozen=True)
class Feed:
    """A feed as it is now, its items in its own order."""

    title: str
    items: tuple[Item, ...]


@dataclass
class _Reader:
    """What the parser has seen: names without their namespaces."""

    path: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    title: str = ""
    item: dict[str, str] | None = None
    items: list[Item] = field(default_factory=list)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if local in _ITEMS:
            self.item = {}
        elif (
            self.item is not None
            and local == "link"
            and "href" in attributes
            and attributes.get("rel", "alternate") == "alternate"
        ):
            self.item.setdefault("link", attributes["href"])
        self.path.append(local)
        self.text = []

    def data(self, text: str) -> None:
        self.text.append(text)

    def end(self, _: str) -> None:
        local = self.path.pop()
        text = "".join(self.text).strip()
        if self.item is None:
            if local == "title" and self.path[-1:] in (["channel"], ["feed"]):
                self.title = text
        elif local in _ITEMS:
            self.items.append(_item(self.item))
            self.item = None
        elif local in _KEPT and text and self.path[-1] in _ITEMS:
            self.item.setdefault(local, text)
        self.text = []


def _moment(text: str) -> int | None:
    """A date of RFC 2822 (RSS) or ISO 8601 (Atom, Dublin Core); without a zone it is UTC."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(text)
        except ValueError:
            continue
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    return None


def _item(found: dict[str, str]) -> Item:
    date = next((found[name] for name in DATES if name in found), "")
    content = next(
        (found[n] for n in ("encoded", "content", "description", "summary") if n in found), ""
    )
    return Item(found.get("title", ""), found.get("link", ""), content, _moment(date))


def parse(document: bytes) -> Feed:
    """A feed from its XML.

    Raises:
        FeedError: it is not well-formed, or has no root of a feed. Or it declares entities, which
            may grow without bound or name files.
    """
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise FeedError("it declares entities")

    roots: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if not reader.path:
            roots.append(name.rpartition(" ")[2])
        reader.start(name, attributes)

    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.data
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        raise FeedError(f"it is no XML: {error}") from error
    if roots[0] not in ("rss", "RDF", "feed"):
        raise FeedError(f"it is no feed but <{roots[0]}>")
    return Feed(reader.title, tuple(reader.items))


def read_feed(url: str) -> Feed:
    """Fetch and parse a feed; the URL may hold a name and password (the same help page).

    Raises:
        FeedError: it cannot be reached, answers no 200, or is no feed.
    """
    try:
        with requests.get(url, timeout=TIMEOUT, stream=True) as answer:
            if answer.status_code != 200:
                raise FeedError(f"it answers {answer.status_code}")
            document = bytearray()
            for block in answer.iter_content(1 << 16):
                document += block
                if len(document) > MOST_BYTES:
                    raise FeedError("it is too long")
    except requests.RequestException as error:
        raise FeedError(f"it cannot be reached ({type(error).__name__})") from error
    return parse(bytes(document))
