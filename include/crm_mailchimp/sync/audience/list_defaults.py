"""Get Mailchimp defaults: values of the account and of one audience, for the CRM."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from psycopg import Connection

from crm_mailchimp.crm.provider_defaults import FilledDefaults, fill_provider_defaults
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.provider import Audience
from crm_mailchimp.rows import read_rows

log = logging.getLogger(__name__)

#: The code of the provider in ``crm.external_provider``.
PROVIDER_CODE = "mailchimp"

# The account names its address lines otherwise than an audience does (OpenAPI 3.0.55, ``GET /``).
_ACCOUNT_COLUMNS = {
    "company": "company",
    "addr1": "address1",
    "addr2": "address2",
    "city": "city",
    "state": "state",
    "zip": "zip",
    "country": "country",
}
_COUNTRY = re.compile(r"[A-Z]{2}")


class _StoredDefault(NamedTuple):
    """A row of ``sync.provider_default``."""

    column_name: str
    crm_value: str | None
    provider_value: str | None
    fate: str
    list_id: str | None
    read_at: datetime


class _Account(Protocol):
    @property
    def contact(self) -> Mapping[str, object]: ...


class AccountProvider(Protocol):
    """The part of a provider that knows the account itself."""

    def account(self) -> _Account: ...
    def audiences(self) -> Iterator[Audience]: ...
    def audience(self, list_id: str) -> Audience: ...


def get_provider_defaults(
    warehouse: Connection[Any],
    crm: Connection[Any],
    provider: AccountProvider,
    *,
    list_id: str | None = None,
    overwrite: bool = False,
) -> FilledDefaults:
    """Fill ``crm.external_provider`` from the account's contact and an audience's defaults.

    The values of both sides are kept in ``sync.provider_default`` for people to look at. Logs and
    task results hold no values, as a sender may be a person.

    Args:
        warehouse: committed here.
        crm: to ``crm_db``, with the right to update ``crm.external_provider``; committed here.
        list_id: the audience to read; None: the account's first, if it has any.
        overwrite: replace what the CRM has, too.

    Raises:
        UnknownProviderError: the CRM has no provider ``mailchimp``.
        ProviderError: there is no such audience, or Mailchimp could not be asked.
    """
    audience = provider.audience(list_id) if list_id else next(provider.audiences(), None)
    values = offered_values(provider.account().contact, audience)
    found = fill_provider_defaults(crm, PROVIDER_CODE, values, overwrite=overwrite)
    log.info("read from audience %s", audience.list_id if audience else "(the account has none)")
    for fate, columns in found.columns().items():
        log.info("%s: %d columns %s", fate, len(columns), ", ".join(columns))
    _keep(warehouse, found, audience.list_id if audience else None)
    return found


def show_provider_defaults(warehouse: Connection[Any]) -> str:
    """What was read last, as a table: each column, the CRM's value, Mailchimp's, what was done.

    Raises:
        NothingReadError: DAG get_mailchimp_defaults never ran.
    """
    rows = read_rows(
        warehouse,
        _StoredDefault,
        "select column_name, crm_value, provider_value, fate, list_id, read_at"
        " from sync.provider_default order by position",
    )
    if not rows:
        raise NothingReadError("nothing was read yet: run DAG get_mailchimp_defaults")
    list_id = rows[0].list_id
    lines = [
        f"read {rows[0].read_at:%Y-%m-%d %H:%M:%S %Z} from the account and "
        + (f"audience {list_id}" if list_id else "no audience, as it has none")
    ]
    for row in rows:
        lines += [f"{row.column_name}: {row.fate}", f"  CRM        {row.crm_value or '(empty)'}"]
        lines.append(f"  Mailchimp  {row.provider_value or '(empty)'}")
    return "\n".join(lines)


class NothingReadError(PermanentError):
    """There are no defaults to show."""


def _keep(warehouse: Connection[Any], found: FilledDefaults, list_id: str | None) -> None:
    warehouse.execute("delete from sync.provider_default")
    with warehouse.cursor() as cursor:
        cursor.executemany(
            "insert into sync.provider_default"
            " (position, column_name, crm_value, provider_value, fate, list_id)"
            " values (%s, %s, %s, %s, %s, %s)",
            [
                (position, one.column, one.before, one.offered, one.fate, list_id)
                for position, one in enumerate(found.compared)
            ],
        )
    warehouse.commit()


def offered_values(
    account_contact: Mapping[str, object], audience: Audience | None
) -> dict[str, object]:
    """Column of ``crm.external_provider`` to what Mailchimp has for it.

    The sender is the account's contact; where the account has no street, the audience's. Parts of
    the two addresses are never mixed, except the country. Mailchimp does not document the form of
    the account's country, and only an ISO 3166-1 alpha-2 code is usable. List defaults are the
    audience's.
    """
    offered: dict[str, object] = asdict(audience.settings) if audience else {}
    offered.pop("name", None)
    own = {
        column: str(account_contact.get(name) or "").strip()
        for name, column in _ACCOUNT_COLUMNS.items()
    }
    countries = [own.pop("country"), str(offered.pop("country", "")).strip()]
    company = own.pop("company")
    if own["address1"]:
        offered.update(own)
    if company:
        offered["company"] = company
    offered["country"] = next(filter(_COUNTRY.fullmatch, countries), "")
    return offered
