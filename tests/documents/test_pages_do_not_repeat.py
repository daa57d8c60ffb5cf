"""No page repeats another: it links to it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from documents.code_in_documents import documents

#: So many words in a row on two pages are a copy.
A_COPY = 20


def words(text: str) -> list[str]:
    """The words of the prose, without code blocks and the targets of links."""
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return re.findall(r"[\w'-]+", re.sub(r"\]\([^)]*\)", " ", text).lower())


def copies(texts: dict[str, str]) -> Iterator[str]:
    """The beginning of each copied passage, with the pages that have it."""
    places: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for name, text in texts.items():
        found = words(text)
        for i in range(len(found) - A_COPY + 1):
            places[tuple(found[i : i + A_COPY])].add(name)
    shown: set[frozenset[str]] = set()
    for passage, pages in places.items():
        if len(pages) > 1 and frozenset(pages) not in shown:
            shown.add(frozenset(pages))
            yield f"{' and '.join(sorted(pages))}: {' '.join(passage)}"


def test_no_page_repeats_another() -> None:
    texts = documents()
    assert len(texts) > 40
    assert list(copies(texts)) == []


def test_a_copy_is_noticed() -> None:
    passage = " ".join(f"word{i}" for i in range(A_COPY))
    (found,) = copies({"a": f"x {passage} [y](z.md)", "b": f"{passage.upper()}. More", "c": "d"})
    assert found.startswith("a and b: word0")
    assert list(copies({"a": f"```sh\n{passage}\n```", "b": passage})) == []
