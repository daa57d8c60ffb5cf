"""The code in our documents: blocks with their language, and commands inside of sentences."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(
    r"^(?P<indent>[ \t]*)```(?P<language>\w*)[ \t]*\n(?P<text>.*?)^[ \t]*```[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_SPAN = re.compile(r"`([^`]+)`")
_INDENTED = re.compile(r"(?:\A|\n)\n(?: {4,}|\t)(?![-*+\d ])(\S.*)")


@dataclass(frozen=True)
class Code:
    """A block, or a piece of a sentence.

    Attributes:
        document: its path in the repository.
        line: where it begins, from 1.
        language: of a block; empty where it has none, None for a piece of a sentence.
        text: the code.
    """

    document: str
    line: int
    language: str | None
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def documents() -> dict[str, str]:
    """Every document, by path in the repository: Markdown, and the docstrings of DAGs."""
    paths = [
        *sorted(ROOT.glob("*.md")),
        *sorted((ROOT / "docs").rglob("*.md")),
        ROOT / "include/mailchimp_sandbox/README.md",
    ]
    found = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}
    for path in sorted((ROOT / "dags").glob("*.py")):
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        found[f"dags/{path.name}"] = docstring or ""
    return found


def blocks(document: str, text: str) -> Iterator[Code]:
    """The fenced blocks of a document."""
    for match in _BLOCK.finditer(text):
        line = text[: match.start()].count("\n") + 1
        yield Code(document, line, match["language"], textwrap.dedent(match["text"]))


def spans(document: str, text: str) -> Iterator[Code]:
    """Code inside of sentences and tables; a line break in it is a blank."""
    without = _BLOCK.sub(lambda match: re.sub(r"[^\n]", "", match[0]), text)
    for match in _SPAN.finditer(without):
        line = without[: match.start()].count("\n") + 1
        yield Code(document, line, None, " ".join(match[1].split()))


def indented_blocks(text: str) -> list[str]:
    """First lines of blocks that are code by their indent alone, outside of lists."""
    without = _BLOCK.sub("", text)
    found = []
    for match in _INDENTED.finditer(without):
        before = without[: match.start()].rstrip().rpartition("\n\n")[2]
        if not re.match(r"\s*(?:[-*+]|\d+\.) |\s{3,}", before):
            found.append(match[1])
    return found


def all_blocks() -> list[Code]:
    return [code for name, text in documents().items() for code in blocks(name, text)]


def all_spans() -> list[Code]:
    return [code for name, text in documents().items() for code in spans(name, text)]
