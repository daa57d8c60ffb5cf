"""Simple commands out of the shell code of our documents, with what is around them."""

from __future__ import annotations

import posixpath
import re
import shlex
from dataclasses import dataclass, field

#: What a document writes where the reader's own value belongs.
OWN_VALUE = "VALUE"
#: What a command writes that prints a day.
A_DAY = "2026-01-31"
_PLACEHOLDER = re.compile(r"<[a-z][^<>|&;]*>")
_NESTED = re.compile(r"\$\(([^()]*)\)")
_COMMENT = re.compile(r"""((?:'[^']*'|"[^"]*"|[^'"#]|(?<=\S)#)*)(?<!\S)#.*""")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_ENDS = {"&&", "||", ";", "|", "&"}
_FILES = {">", ">>", "<"}


class ShellError(ValueError):
    """The code is no shell that we can read."""


@dataclass(frozen=True)
class Command:
    """One program with its arguments.

    Attributes:
        words: program and arguments.
        variables: set in front of it.
        reads: the file of ``<``.
        writes: the file of ``>`` or ``>>``.
        folder: where an earlier ``cd`` of the same block led, relative to the repository.
    """

    words: tuple[str, ...]
    variables: dict[str, str] = field(default_factory=dict)
    reads: str | None = None
    writes: str | None = None
    folder: str = "."

    @property
    def program(self) -> str:
        return self.words[0] if self.words else ""


def commands(code: str) -> list[Command]:
    """The commands of a block, or of a piece of a sentence.

    Args:
        code: in the shell's language. ``…`` and words such as ``<your key>`` are own values.

    Raises:
        ShellError: it cannot be read.
    """
    found: list[Command] = []
    folder = "."
    for whole in code.replace("\\\n", " ").splitlines():
        comment = _COMMENT.fullmatch(whole)
        line = comment[1] if comment else whole
        nested = [inner for match in _NESTED.finditer(line) for inner in commands(match[1])]
        for command in _of_line(_NESTED.sub(_answer, line), folder):
            folder = _folder_after(command, folder)
            found.append(command)
        found += nested
    return found


def _answer(match: re.Match[str]) -> str:
    return A_DAY if match[1].startswith("date ") else OWN_VALUE


def _of_line(line: str, folder: str) -> list[Command]:
    reader = shlex.shlex(_PLACEHOLDER.sub(OWN_VALUE, line), posix=True, punctuation_chars=";|&<>")
    reader.whitespace_split = True
    reader.commenters = ""
    try:
        tokens = list(reader)
    except ValueError as error:
        raise ShellError(f"{line}: {error}") from None
    found: list[Command] = []
    simple: list[str] = []
    for token in [*tokens, ";"]:
        if token not in _ENDS:
            simple.append(token)
        elif simple:
            found.append(_simple(simple, folder))
            folder = _folder_after(found[-1], folder)
            simple = []
    return found


def _folder_after(command: Command, folder: str) -> str:
    return posixpath.normpath(f"{folder}/{command.words[1]}") if command.program == "cd" else folder


def _simple(tokens: list[str], folder: str) -> Command:
    files: dict[str, str] = {}
    words: list[str] = []
    rest = iter(tokens)
    for token in rest:
        if token in _FILES:
            files["reads" if token == "<" else "writes"] = next(rest, "")
        else:
            words.append(token.replace("…", OWN_VALUE).replace("...", OWN_VALUE))
    variables: dict[str, str] = {}
    while words and (match := _ASSIGNMENT.fullmatch(words[0])):
        variables[match[1]] = match[2]
        words.pop(0)
    return Command(tuple(words), variables, files.get("reads"), files.get("writes"), folder)
