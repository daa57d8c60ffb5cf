"""Lists as GitHub reads them, written as Python-Markdown reads them.

Our documents indent a list inside a list by the width of the marker, as GitHub's form of Markdown
(https://github.github.com/gfm/#list-items) allows. Python-Markdown wants four blanks a level, and
an empty line before a list (https://python-markdown.github.io/#differences).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_MARKER = re.compile(r"(?:[-*+]|\d+\.)[ ]+(?=\S)")
_LEVEL = "    "


@dataclass
class _Place:
    """Where we are: the columns where the texts of the open items begin, and what was before.

    An item's first paragraph may be followed by an item at once, every other one not.
    """

    items: list[int] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    is_in_fence: bool = False
    is_in_first_paragraph: bool = False

    @property
    def is_after_text(self) -> bool:
        return bool(self.written and self.written[-1].strip())


def with_lists_of_python_markdown(text: str) -> str:
    """The same document with other indents; code keeps its own inside of its item.

    Args:
        text: a document in GitHub's form of Markdown.
    """
    place = _Place()
    for line in text.splitlines():
        _write(place, line)
    return "\n".join(place.written) + "\n"


def _write(place: _Place, line: str) -> None:
    if not line.strip():
        place.written.append("")
        place.is_in_first_paragraph = False
        return
    indent = len(line) - len(line.lstrip())
    words = line[indent:]
    if not place.is_in_fence:
        marker = _MARKER.match(words)
        # A line that only goes on with the paragraph of an item may begin anywhere.
        if marker or not place.is_after_text or words.startswith("```"):
            while place.items and indent < place.items[-1]:
                place.items.pop()
        if marker:
            if place.is_after_text and not place.is_in_first_paragraph:
                place.written.append("")
            place.written.append(_LEVEL * len(place.items) + words)
            place.items.append(indent + marker.end())
            place.is_in_first_paragraph = True
            return
    if words.startswith("```"):
        place.is_in_fence = not place.is_in_fence
    column = min(indent, place.items[-1]) if place.items else 0
    place.written.append(_LEVEL * len(place.items) + line[column:])
