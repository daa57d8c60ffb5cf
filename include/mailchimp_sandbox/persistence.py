"""Saving and loading the whole simulated account as one JSON file."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.ledger import Ledger
from mailchimp_sandbox.state import Account

FORMAT = 1


class BadStateError(ValueError):
    """The file is not a state this version can read."""


def _plain(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}


def save(sandbox: Sandbox, path: Path) -> None:
    """Write the state atomically: a reader of ``path`` sees the old file or the new one.

    Raises:
        OSError: when it cannot be written.
    """
    document = {
        "format": FORMAT,
        "clock_offset": sandbox.clock.offset,
        "account": sandbox.account,
        "ledger": sandbox.ledger,
    }
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(
                json.JSONEncoder(
                    ensure_ascii=False, separators=(",", ":"), default=_plain
                ).iterencode(document)
            )
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@lru_cache(maxsize=64)
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


@lru_cache(maxsize=256)
def _holds_records(kind: Any) -> bool:
    return is_dataclass(kind) or any(_holds_records(part) for part in get_args(kind))


def _read(kind: Any, value: Any) -> Any:
    if not _holds_records(kind):
        return value
    origin, parts = get_origin(kind), get_args(kind)
    if origin is dict:
        return {name: _read(parts[1], item) for name, item in value.items()}
    if origin is list:
        return [_read(parts[0], item) for item in value]
    if origin in (Union, UnionType):
        inner = next(part for part in parts if _holds_records(part))
        return None if value is None else _read(inner, value)
    hints = _hints(kind)  # files of older versions hold fields that are gone
    return kind(**{name: _read(hints[name], value[name]) for name in hints if name in value})


def load(sandbox: Sandbox, path: Path) -> None:
    """Put a saved state in place of the present one. Simulated time goes on from there.

    Raises:
        BadStateError: for a file of another format or none of ours.
        OSError: when it cannot be read.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            raise BadStateError(f"it has format {document['format']}, this is {FORMAT}")
        account = _read(Account, document["account"])
        ledger = _read(Ledger, document["ledger"])
        offset = int(document["clock_offset"])
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise BadStateError(f"it is not a saved sandbox ({type(error).__name__})") from error
    sandbox.account = account
    sandbox.ledger = ledger
    sandbox.clock.offset = offset
    sandbox.pages.clear()
    sandbox.next_due = 0
