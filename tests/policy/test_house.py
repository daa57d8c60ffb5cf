"""The picture of the house in docs/development.md: boxes for all files, and true arrows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "development.md"
FOLDERS = ("dags", "plugins", "include/crm_mailchimp")
#: Where Python looks for modules.
SOURCES = ("include", "plugins")
#: Files that start something. Nothing imports them, so their arrows are not drawn.
DOORS = ("__main__.py", "sandbox.py")


@dataclass(frozen=True)
class Picture:
    """Boxes with their paths, the frames around each box, and the arrows of imports."""

    boxes: dict[str, list[str]] = field(default_factory=dict)
    frames: dict[str, set[str]] = field(default_factory=dict)
    arrows: list[tuple[str, str]] = field(default_factory=list)

    def box_of(self, path: str) -> str | None:
        """The box of a file: a name or folder beats a pattern such as ``*.py``."""
        fitting = [
            ("*" in name, box)
            for box, names in self.boxes.items()
            for name in names
            if (path.startswith(name) if name.endswith("/") else is_beside(path, name))
        ]
        return min(fitting)[1] if fitting else None

    def draws(self, arrow: tuple[str, str], imported: tuple[str, str]) -> bool:
        """Whether an arrow shows an import of one box by another."""
        return all(
            end == box or end in self.frames[box] for end, box in zip(arrow, imported, strict=True)
        )


def is_beside(path: str, pattern: str) -> bool:
    """Whether a file has a name, or one like a pattern, in the pattern's own folder."""
    file, wanted = PurePosixPath(path), PurePosixPath(pattern)
    return file.parent == wanted.parent and file.match(wanted.name)


def read_picture(text: str) -> Picture:
    """Read the first Mermaid picture of a document.

    A label names paths up to the first line break. They are below the folder that the frame's title
    begins with.
    """
    drawing = text.partition("```mermaid\n")[2].partition("```")[0]
    picture = Picture()
    frames: list[tuple[str, str]] = []
    for line in map(str.strip, drawing.splitlines()):
        if frame := re.fullmatch(r'subgraph (\w+) \["(.*)"\]', line):
            path = frame[2].partition(":")[0]
            above = frames[-1][1] if frames else ""
            frames.append((frame[1], f"{path}/" if re.fullmatch(r"[\w/]+/\w+", path) else above))
        elif line == "end":
            frames.pop()
        elif box := re.fullmatch(r'(\w+)\["(.*)"\]', line):
            folder = frames[-1][1] if frames else ""
            names = box[2].partition("<br>")[0].split(", ")
            picture.boxes[box[1]] = [folder + name for name in names]
            picture.frames[box[1]] = {name for name, _ in frames}
        elif arrow := re.fullmatch(r"(\w+) --> (\w+)", line):
            picture.arrows.append((arrow[1], arrow[2]))
    return picture


def module_path(name: str) -> str | None:
    """The file or folder of a module of this project."""
    for source in SOURCES:
        path = ROOT / source / name.replace(".", "/")
        if path.is_dir():
            return f"{path.relative_to(ROOT)}/__init__.py"
        if path.with_suffix(".py").is_file():
            return str(path.with_suffix(".py").relative_to(ROOT))
    return None


def imported_files(path: Path) -> Iterator[str]:
    """The files of this project that a file imports, at any time, also for its types alone."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            parts = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [part if module_path(part) else node.module for part in parts]
        yield from (found for name in names if (found := module_path(name)))


PICTURE = read_picture(GUIDE.read_text(encoding="utf-8"))
FILES = [
    path
    for folder in FOLDERS
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path.name not in DOORS and path.stat().st_size > 0
]


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


IMPORTS = {
    (here, there)
    for path in FILES
    if (here := PICTURE.box_of(label(path)))
    for found in imported_files(path)
    if (there := PICTURE.box_of(found)) and there != here
}


def test_every_file_is_in_a_box() -> None:
    assert len(FILES) > 100
    assert [label(path) for path in FILES if not PICTURE.box_of(label(path))] == []


def test_every_import_is_drawn() -> None:
    missing = {
        imported
        for imported in IMPORTS
        if not any(PICTURE.draws(arrow, imported) for arrow in PICTURE.arrows)
    }
    assert missing == set()


def test_every_arrow_is_true() -> None:
    false = [
        arrow
        for arrow in PICTURE.arrows
        if not any(PICTURE.draws(arrow, imported) for imported in IMPORTS)
    ]
    assert false == []


def test_no_arrow_goes_up() -> None:
    left = set(IMPORTS)
    while leaves := {there for _, there in left} - {here for here, _ in left}:
        left = {(here, there) for here, there in left if there not in leaves}
    assert left == set(), "these boxes import each other in a circle"


def test_a_picture_is_read() -> None:
    picture = read_picture(
        "```mermaid\nflowchart TB\n"
        '    dags["dags/<br>files"]\n    subgraph core ["include/core: plain"]\n'
        '        subgraph inner ["inside"]\n            one["one.py, two.py<br>a"]\n        end\n'
        '        rest["*.py"]\n    end\n    dags --> core\n    core -. reads .-> sql\n```\n'
    )
    assert picture.boxes == {
        "dags": ["dags/"],
        "one": ["include/core/one.py", "include/core/two.py"],
        "rest": ["include/core/*.py"],
    }
    assert picture.box_of("include/core/one.py") == "one"
    assert picture.box_of("include/core/other.py") == "rest"
    assert picture.box_of("include/core/deep/other.py") is None
    assert picture.arrows == [("dags", "core")]
    assert picture.draws(("dags", "core"), ("dags", "one"))
    assert not picture.draws(("dags", "inner"), ("dags", "rest"))


@pytest.mark.parametrize("folder", ["sync", "warehouse"])
def test_the_door_of_a_folder_leads_to_its_commands_alone(folder: str) -> None:
    door = ROOT / "include" / "crm_mailchimp" / folder / "__main__.py"
    assert {*imported_files(door)} == {
        f"include/crm_mailchimp/{folder}_commands.py", "include/crm_mailchimp/command_end.py",
    }  # fmt: skip
