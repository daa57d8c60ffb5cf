"""The addresses that links of tasks lead to: the part of the page opens by itself.

Browsers open a ``<details>`` if the target is inside of it and outside of its ``<summary>`` (HTML
standard, "ancestor details revealing algorithm"). The ``<details>`` itself as a target stays shut.
"""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import jinja2

import mailchimp_provider

TEMPLATES = Path(mailchimp_provider.__file__).parent / "page" / "templates"
#: Elements without an end.
VOID = {"meta", "br", "link", "img", "input", "hr"}


class Anchors(HTMLParser):
    """Where each id is: the names of the elements around it."""

    def __init__(self) -> None:
        super().__init__()
        self._around: list[str] = []
        self.found: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if anchor := dict(attrs).get("id"):
            self.found[anchor] = list(self._around)
        if tag not in VOID:
            self._around.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._around and self._around.pop() != tag:
            pass


def test_the_target_of_a_quarantine_is_inside_of_what_opens() -> None:
    text = (TEMPLATES / "overview.html").read_text(encoding="utf-8")
    part = text[text.index("{% if held_back %}") : text.index("{% if left_out %}")]
    environment = jinja2.Environment(autoescape=True)
    for name in ("t", "known", "count", "moment"):
        environment.globals[name] = lambda *_, **__: "λέξεις"
    rows = [
        {"collection_code": code, "reason_code": "no_consent", "contacts": 3,
         "explanation": "δεν έχει συγκατάθεση", "what_to_do": "", "first_seen_at": ""}
        for code in ("ΝΕΑ", "B C")
    ]  # fmt: skip
    anchors = Anchors()
    anchors.feed(environment.from_string(part).render(held_back=rows))
    targets = {name: path for name, path in anchors.found.items() if "quarantine-" in name}
    assert set(targets) == {"quarantine-ΝΕΑ", "quarantine-B C"}
    for around in targets.values():
        assert "details" in around
        assert "summary" not in around
