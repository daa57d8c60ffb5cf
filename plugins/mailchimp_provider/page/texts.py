"""The words of the page: each text in English and in Greek, by its key."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

Language = Literal["en", "el"]
LANGUAGES: tuple[Language, ...] = ("en", "el")
_FOLDER = Path(__file__).parent / "texts"
#: A text for the number one, beside the text for all other numbers.
_ONE = "_one"


class MissingTextError(KeyError):
    """The catalogue has no text of this key."""


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Key, such as ``reason.no_consent``, to the text in each language."""
    found: dict[str, Mapping[str, str]] = {}
    for file in sorted(_FOLDER.glob("*.toml")):
        with file.open("rb") as opened:
            for key, texts in _flat(tomllib.load(opened), ""):
                if key in found:
                    raise ValueError(f"{file.name}: the text {key} is there twice")
                found[key] = texts
    return found


def text(key: str, language: Language, **values: object) -> str:
    """A text with its values.

    Args:
        key: of the catalogue.
        language: of the reader.
        values: of the text's placeholders. With ``n`` = 1 the text for one is taken, if there is
            one.

    Raises:
        MissingTextError: no text has this key.
    """
    texts = catalogue().get(key)
    if texts is None:
        raise MissingTextError(key)
    is_one = values.get("n") == 1 and f"{language}{_ONE}" in texts
    found = texts[f"{language}{_ONE}" if is_one else language]
    if "n" in values:
        values["n"] = number(values["n"], language)
    return found.format_map(values) if values else found


def text_or(key: str, other: str, language: Language) -> str:
    """A text, or another one where the catalogue does not know the key."""
    return text(key if key in catalogue() else other, language)


def number(value: Any, language: Language, digits: int = 0) -> str:
    """A number as people of the language write it: 1,234.5 or 1.234,5."""
    written = f"{value:,.{digits}f}"
    return written if language == "en" else written.translate(str.maketrans(",.", ".,"))


def _flat(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    for name, value in table.items():
        if "en" in value and isinstance(value["en"], str):
            yield f"{prefix}{name}", value
        else:
            yield from _flat(value, f"{prefix}{name}.")
