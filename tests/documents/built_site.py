"""The built site as a reader's browser finds it: pages, their links and what they load."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: Attributes by which a page loads something without a click.
_LOADS = {
    ("script", "src"), ("img", "src"), ("img", "srcset"), ("iframe", "src"), ("source", "src"),
    ("source", "srcset"), ("video", "src"), ("audio", "src"), ("embed", "src"), ("object", "data"),
    ("input", "src"), ("body", "background"), ("use", "href"), ("image", "href"),
}  # fmt: skip
#: Kinds of ``<link>`` that only say where something is.
_SAYS = {"next", "prev", "canonical", "alternate"}


@dataclass
class Page:
    """One page.

    Attributes:
        path: of the file.
        anchors: ids and names on it.
        links: where a click leads.
        loads: what the browser fetches by itself.
        inline: texts of style sheets and scripts on the page.
        language: that the page says it is in.
    """

    path: Path
    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)
    language: str = ""


class _Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.page.anchors |= {values[name] for name in ("id", "name") if name in values}
        self.inside = tag if tag in {"style", "script"} else ""
        if tag == "html":
            self.page.language = values.get("lang", "")
        if tag == "a" and "href" in values:
            self.page.links.append(values["href"])
        if tag == "form" and "action" in values:
            self.page.links.append(values["action"])
        if tag == "link" and not set(values.get("rel", "").split()) <= _SAYS:
            self.page.loads.append(values["href"])
        self.page.loads += [value for name, value in values.items() if (tag, name) in _LOADS]
        if "style" in values:
            self.page.inline.append(values["style"])

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.page.inline.append(data)


def read_page(path: Path) -> Page:
    """What one HTML file has."""
    page = Page(path)
    _Reader(page).feed(path.read_text(encoding="utf-8"))
    return page


def read_site(folder: Path) -> dict[Path, Page]:
    """All pages of a site, by file."""
    return {path.resolve(): read_page(path) for path in sorted(folder.rglob("*.html"))}


def broken_links(pages: dict[Path, Page], folder: Path) -> Iterator[str]:
    """Links into the site that lead to no file or to no anchor.

    Args:
        pages: of ``read_site``.
        folder: the site's; a link that begins with ``/`` begins here.
    """
    for page in pages.values():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = _file_of(parts.path, page.path, folder)
            name = page.path.relative_to(folder)
            if not target.is_file():
                yield f"{name} links to {link}: no such file"
            elif parts.fragment and not _has_anchor(pages.get(target), unquote(parts.fragment)):
                yield f"{name} links to {link}: no such anchor"


def missing_files(pages: dict[Path, Page], folder: Path) -> Iterator[str]:
    """Scripts, style sheets and pictures of a page that the site does not have."""
    for page in pages.values():
        for link in page.loads:
            parts = urlsplit(link)
            if not parts.scheme and not parts.netloc:
                file = _file_of(parts.path, page.path, folder)
                if not file.is_file():
                    yield f"{page.path.relative_to(folder)} loads {link}: no such file"


def is_elsewhere(address: str) -> bool:
    """Whether a browser would ask another host for an address."""
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme in {"http", "https", "ws", "wss"}


def _has_anchor(page: Page | None, name: str) -> bool:
    return page is not None and name in page.anchors


def _file_of(path: str, page: Path, folder: Path) -> Path:
    if not path:
        return page.resolve()
    start = folder if path.startswith("/") else page.parent
    target = (start / unquote(path).lstrip("/")).resolve()
    return target / "index.html" if target.is_dir() else target
