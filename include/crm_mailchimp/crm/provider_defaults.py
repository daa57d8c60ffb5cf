"""A provider's sender information and default list values, filled from the provider itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from psycopg import Connection

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.rows import read_row
from crm_mailchimp.statements import statement

#: What became of a column: the attribute of ``FilledDefaults`` that names it.
Fate = Literal["filled", "overwritten", "kept", "unchanged", "missing"]


class UnknownProviderError(PermanentError):
    """``crm.external_provider`` has no row for the provider."""


@dataclass(frozen=True, kw_only=True)
class ComparedDefault:
    """One column of ``crm.external_provider`` beside what the provider has for it.

    Attributes:
        before: the CRM's value before anything was filled; None when empty.
        offered: the provider's value; None when it has none.
        fate: what became of the column.
    """

    column: str
    before: str | None = field(repr=False)
    offered: str | None = field(repr=False)
    fate: Fate


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
        return {
            "filled": list(self.filled),
            "overwritten": list(self.overwritten),
            "kept": list(self.kept),
            "unchanged": list(self.unchanged),
            "missing": list(self.missing),
        }


@dataclass(frozen=True, kw_only=True)
class _ProviderSettings:
    """The sender and list-default columns of a provider, in the order of their report."""

    company: str | None = field(repr=False)
    address1: str | None = field(repr=False)
    address2: str | None = field(repr=False)
    city: str | None = field(repr=False)
    state: str | None = field(repr=False)
    zip: str | None = field(repr=False)
    country: str | None = field(repr=False)
    phone: str | None = field(repr=False)
    from_name: str | None = field(repr=False)
    from_email: str | None = field(repr=False)
    subject: str | None = field(repr=False)
    language: str | None = field(repr=False)
    permission_reminder: str | None = field(repr=False)
    email_type_option: bool | None


def fill_provider_defaults(
    crm: Connection[Any], code: str, values: Mapping[str, object], *, overwrite: bool = False
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
    compared = []
    with crm.transaction():
        stored = read_row(
            crm, _ProviderSettings, statement("crm/read_provider_settings"), {"code": code}
        )
        if stored is None:
            raise UnknownProviderError(
                f"crm.external_provider has no row with the code {code!r}: enter it, with its "
                "connection_id, then run this again"
            )
        before: dict[str, object] = asdict(stored)
        fresh = dict(before)
        for column, present in before.items():
            offered = values.get(column)
            fate = _fate(present, offered, overwrite=overwrite)
            compared.append(
                ComparedDefault(
                    column=column, before=_shown(present), offered=_shown(offered), fate=fate
                )
            )
            if fate in ("filled", "overwritten"):
                fresh[column] = offered
        if fresh != before:
            crm.execute(statement("crm/store_provider_settings"), {**fresh, "code": code})
    if not crm.autocommit:
        crm.commit()
    return FilledDefaults(
        filled=_of_fate(compared, "filled"),
        overwritten=_of_fate(compared, "overwritten"),
        kept=_of_fate(compared, "kept"),
        unchanged=_of_fate(compared, "unchanged"),
        missing=_of_fate(compared, "missing"),
        compared=tuple(compared),
    )


def _of_fate(compared: Sequence[ComparedDefault], fate: Fate) -> tuple[str, ...]:
    return tuple(one.column for one in compared if one.fate == fate)


def _fate(present: object, offered: object, *, overwrite: bool) -> Fate:
    if _blank(offered):
        return "missing" if _blank(present) else "kept"
    if present == offered:
        return "unchanged"
    if _blank(present):
        return "filled"
    return "overwritten" if overwrite else "kept"


def _shown(value: object) -> str | None:
    if _blank(value):
        return None
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
