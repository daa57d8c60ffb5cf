"""Pictures of the documents: few, small, and each is shown."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
#: Bytes of the biggest picture.
MOST = 200_000


def test_the_readme_shows_each_picture() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"!\[([^\]]+)\]\(docs/pictures/([\w.-]+)\)", text)
    assert len(shown) == 3
    assert {name for _, name in shown} == {path.name for path in PICTURES.iterdir()}
    assert all(len(words) > 10 for words, _ in shown), "a picture needs words for who cannot see it"


def test_pictures_are_small() -> None:
    for path in PICTURES.iterdir():
        content = path.read_bytes()
        assert len(content) < MOST, path.name
        assert content[:4] == b"RIFF" and content[8:12] == b"WEBP", path.name
