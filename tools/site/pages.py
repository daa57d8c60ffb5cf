"""Which files of the repository are pages of the site, and where their links lead.

Documents beside the folder ``docs`` get a page, too: README is the start page. A file that is no
document, such as ``LICENSE``, is put into the site as it is when a page links to it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

#: Documents beside the folder ``docs``, by their page.
OUTSIDE = {
    "index.md": "README.md",
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
    "report_a_problem.md": "SECURITY.md",
    "sandbox_server.md": "include/mailchimp_sandbox/README.md",
}
#: The folder of pages that are the docstrings of DAGs.
RUNBOOKS = "runbooks/"
_PAGES = {source: page for page, source in OUTSIDE.items()}
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)#\s]+)")
#: A link whose words are a file's name: good on a disk, no name of a page.
_NAMED_LIKE_A_FILE = re.compile(r"\[[\w./]*(?:\.md|docs/\w+)\](?=\(([^)#\s]+))")
_FENCE = re.compile(r"^[ \t]*```.*?^[ \t]*```", re.MULTILINE | re.DOTALL)


def source_of(page: str) -> str:
    """The path in the repository that a page is made from.

    Args:
        page: the page's path in the site's sources, such as ``operations.md``.
    """
    if page.startswith(RUNBOOKS):
        return page.replace(RUNBOOKS, "dags/").replace(".md", ".py")
    return OUTSIDE.get(page, f"docs/{page}")


def place_of(path: str) -> str:
    """Where the site has a file of the repository: a page, or a file as it is.

    Args:
        path: of a file or a folder with a README, relative to the repository.

    Raises:
        FileNotFoundError: the repository has no such file.
    """
    if (ROOT / path).is_dir():
        path = f"{path}/README.md"
    if not (ROOT / path).is_file():
        raise FileNotFoundError(f"no such file: {path}")
    if path in _PAGES:
        return _PAGES[path]
    if re.fullmatch(r"dags/\w+\.py", path):
        return path.replace("dags/", RUNBOOKS).replace(".py", ".md")
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    # A browser shows a text file instead of storing it. A name with a dot in front may be hidden.
    return f"files/{path.lstrip('.')}.txt"


def linked_files(text: str, source: str) -> Iterator[tuple[str, str]]:
    """Each file that a document links to, and its place in the site.

    Args:
        text: the document in Markdown.
        source: its path in the repository.

    Raises:
        FileNotFoundError: a link leads nowhere.
    """
    for target in _LINK.findall(_FENCE.sub("", text)):
        path = _resolved(target, source)
        try:
            yield path, place_of(path)
        except FileNotFoundError as error:
            raise FileNotFoundError(f"{source} has a link to {target}: {error}") from None


def with_links_of_the_site(text: str, page: str) -> str:
    """The text of a page, where each link leads to the page or file in the site.

    A link named like a file gets the name of its page.

    Args:
        text: the document in Markdown, as the repository has it.
        page: the page's path in the site's sources.
    """
    source = source_of(page)

    def link(match: re.Match[str]) -> str:
        place = place_of(_resolved(match[1], source))
        return os.path.relpath(place, PurePosixPath(page).parent)

    def named(match: re.Match[str]) -> str:
        return f"[{_heading(_resolved(match[1], source))}]"

    return _outside_fences(text, lambda part: _LINK.sub(link, _NAMED_LIKE_A_FILE.sub(named, part)))


def _heading(path: str) -> str:
    """The first heading of a document."""
    document = ROOT / path / "README.md" if (ROOT / path).is_dir() else ROOT / path
    return document.read_text(encoding="utf-8").partition("# ")[2].partition("\n")[0]


def _resolved(target: str, source: str) -> str:
    return os.path.normpath(PurePosixPath(source).parent / target)


def _outside_fences(text: str, change: Callable[[str], str]) -> str:
    done, end = [], 0
    for fence in _FENCE.finditer(text):
        done += [change(text[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*done, change(text[end:])])
