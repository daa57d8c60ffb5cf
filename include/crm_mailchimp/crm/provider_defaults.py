"""A provider's sender information and default list values, filled from the provider itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.statements import statement


class UnknownProviderError(PermanentError):
    """``crm.external_provider`` has no row for the provider."""


@dataclass(frozen=True, kw_only=True)
class ComparedDefault:
    """One column of ``crm.external_provider`` beside what the provider has for it.

    Attributes:
        before: the CRM's value before anything was filled; None when empty.
        offered: the provider's value; None when it has none.
        fate: the attribute of ``FilledDefaults`` that names the column.
    """

    column: str
    before: str | None = field(repr=False)
    offered: str | None = field(repr=False)
    fate: str


@dataclass(frozen=True, kw_only=True)
class FilledDefaults:
    """Columns of ``crm.external_provider`` by what became of them.

    Attributes:
        filled: were empty and have the provider's value now.
        overwritten: had another value, which ``overwrite`` replaced.
        kept: have another value than the provider, and keep it.
        unchanged: have the provider's value already.
        missing: empty, and the provider has no value either.
        compared: every column with its values, which are for people and not for logs.
    """

    filled: tuple[str, ...]
    overwritten: tuple[str, ...]
    kept: tuple[str, ...]
    unchanged: tuple[str, ...]
    missing: tuple[str, ...]
    compared: tuple[ComparedDefault, ...] = field(default=(), repr=False)

    def columns(self) -> dict[str, list[str]]:
        """Columns by what became of them; names, never values."""
        return {name: list(getattr(self, name)) for name in _FATES}


_FATES = ("filled", "overwritten", "kept", "unchanged", "missing")


def fill_provider_defaults(
    crm: Connection[Any], code: str, values: Mapping[str, Any], *, overwrite: bool = False
) -> FilledDefaults:
    """Fill the empty sender and list-default columns of one provider.

    Args:
        crm: to ``crm_db``, with the right to update ``crm.external_provider``; commits here.
        code: the provider's code.
        values: column to the provider's value; blank ones never replace anything.
        overwrite: replace what is not empty, too.

    Raises:
        UnknownProviderError: there is no such provider.
    """
    outcome: dict[str, list[str]] = {name: [] for name in _FATES}
    compared = []
    with crm.transaction(), crm.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(statement("crm/read_provider_settings"), {"code": code}).fetchone()
        if row is None:
            raise UnknownProviderError(
                f"crm.external_provider has no row with the code {code!r}: enter it, with its "
                "connection_id, then run this again"
            )
        fresh = dict(row)
        for column, present in row.items():
            offered = values.get(column)
            fate = _fate(present, offered, overwrite=overwrite)
            outcome[fate].append(column)
            compared.append(
                ComparedDefault(
                    column=column, before=_shown(present), offered=_shown(offered), fate=fate
                )
            )
            if fate in ("filled", "overwritten"):
                fresh[column] = offered
        if fresh != row:
            cursor.execute(statement("crm/store_provider_settings"), {**fresh, "code": code})
    if not crm.autocommit:
        crm.commit()
    return FilledDefaults(
        **{name: tuple(columns) for name, columns in outcome.items()}, compared=tuple(compared)
    )


def _fate(present: Any, offered: Any, *, overwrite: bool) -> str:
    if _blank(offered):
        return "missing" if _blank(present) else "kept"
    if present == offered:
        return "unchanged"
    if _blank(present):
        return "filled"
    return "overwritten" if overwrite else "kept"


def _shown(value: Any) -> str | None:
    if _blank(value):
        return None
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
