"""The site in Debian's Chromium, opened as files: search, colours, diagrams, phone; no error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from browser import PHONE, Browser, running_browser

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("documents")]
DIAGRAMS = ("index.html", "concepts.html", "development.html")
META = "document.querySelector('.md-search-result__meta').innerText"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as started:
        yield started


@pytest.fixture
def reader(browser: Browser) -> Browser:
    """A person without settings of an earlier visit; what a script complains about is kept."""
    browser.open_tab()
    browser.before_each_page(
        "window.complaints = [];"
        "console.error = console.warn = (...words) => complaints.push(words.join(' '));"
    )
    return browser


def open_page(browser: Browser, site: Path, page: str) -> None:
    browser.go((site / page).as_uri())


def complaints(browser: Browser) -> list[str]:
    """Errors of the page, and what its scripts wrote to the console as an error or a warning."""
    return [*browser.problems, *browser.run("window.complaints")]


def elsewhere(browser: Browser) -> list[str]:
    return [url for url in browser.requested if not url.startswith(("file:", "data:", "blob:"))]


def found(browser: Browser, site: Path, words: str) -> list[str]:
    """Pages that the search shows, best first, each once."""
    open_page(browser, site, "index.html")
    browser.run("document.querySelector('#__search').click()")
    browser.wait_for(f"{META}.startsWith('Type')")
    browser.run("document.querySelector('.md-search__input').focus()")
    browser.type(words)
    browser.press("Space")  # the search listens to keys
    browser.wait_for(f"/matching/.test({META})")
    links = "[...document.querySelectorAll('.md-search-result__link')].map(e => e.pathname)"
    return list(dict.fromkeys(str(Path(link).relative_to(site)) for link in browser.run(links)))


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("refusal", "consent_and_refusals.html"),
        ("συγκατάθεση", "el/index.html"),
        ("sync_collections", "runbooks/sync_collections.html"),
        ("ALERT_WEBHOOK_URL", "settings.html"),
    ],
)
def test_the_search_finds(reader: Browser, site: Path, words: str, page: str) -> None:
    assert page in found(reader, site, words)
    assert complaints(reader) == []
    assert elsewhere(reader) == []


def test_a_complaint_of_a_script_is_noticed(reader: Browser, site: Path) -> None:
    open_page(reader, site, "index.html")
    reader.run("console.error('broken', 1)")
    assert complaints(reader) == ["broken 1"]


def test_the_search_finds_nothing_that_is_not_there(reader: Browser, site: Path) -> None:
    assert found(reader, site, "xyzzyplugh") == []


def test_the_system_chooses_the_colours_until_a_person_does(reader: Browser, site: Path) -> None:
    reader.look(dark=False)
    open_page(reader, site, "index.html")
    light = reader.run(BACKGROUND)
    reader.look(dark=True)
    reader.wait_for(f"{BACKGROUND} !== {json.dumps(light)}")
    dark = reader.run(BACKGROUND)
    # From the colours of the system to light ones, which stay on the next page.
    reader.run("document.querySelector('label[for=__palette_1]:not([hidden])').click()")
    reader.wait_for(f"{BACKGROUND} === {json.dumps(light)}")
    open_page(reader, site, "operations.html")
    reader.wait_for(f"{BACKGROUND} === {json.dumps(light)}")
    assert dark != light
    assert complaints(reader) == []
    reader.run("localStorage.clear()")


@pytest.mark.parametrize("page", DIAGRAMS)
def test_diagrams_are_drawn(reader: Browser, site: Path, page: str) -> None:
    wanted = (site / page).read_text(encoding="utf-8").count('<pre class="mermaid">')
    assert wanted > 0
    open_page(reader, site, page)
    drawn = "[...document.querySelectorAll('.diagram > div.mermaid')].map(e => e.clientHeight)"
    reader.wait_for(f"{drawn}.length === {wanted} && {drawn}.every(height => height > 100)")
    assert complaints(reader) == []
    assert elsewhere(reader) == []


def different_pages(site: Path) -> list[str]:
    """All pages, but of a folder only the first: runbooks are alike, and so are decisions."""
    pages = sorted(path.relative_to(site) for path in site.rglob("*.html"))
    first = {path.parent: path for path in reversed(pages)}
    # The page for what is not found may be shown at any depth, so its links begin at the root.
    return [
        str(path)
        for path in pages
        if path.name != "404.html" and (path.parent == Path() or path == first[path.parent])
    ]


def test_pages_fit_a_phone_without_an_error_or_another_host(reader: Browser, site: Path) -> None:
    reader.look(size=PHONE)
    titles = set()
    for page in different_pages(site):
        open_page(reader, site, page)
        titles.add(reader.run("document.querySelector('h1').innerText"))
        assert reader.run("document.documentElement.scrollWidth") <= PHONE[0], page
        assert complaints(reader) == [], page
        assert elsewhere(reader) == [], page
    assert len(titles) > 30
