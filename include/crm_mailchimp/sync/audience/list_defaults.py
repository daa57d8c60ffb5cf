"""Get Mailchimp defaults: values of the account and of one audience, for the CRM."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple, Protocol

from psycopg import Connection

from crm_mailchimp.accounts import DEFAULT_ACCOUNT, Accounts, Counted, work_in_each
from crm_mailchimp.crm.provider_defaults import FilledDefaults, fill_provider_defaults
from crm_mailchimp.crm.providers import Provider, read_providers
from crm_mailchimp.errors import NotFoundAtProviderError, PermanentError
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

    provider: str
    account: str
    column_name: str
    crm_value: str | None
    provider_value: str | None
    fate: str
    list_id: str | None
    read_at: datetime


class _Account(Protocol):
    @property
    def contact(self) -> Mapping[str, object]: ...


class AccountProvider(Counted, Protocol):
    """The part of a provider that knows the account itself."""

    def account(self) -> _Account: ...
    def audiences(self) -> Iterator[Audience]: ...
    def audience(self, list_id: str) -> Audience: ...


def get_defaults_of_all(
    warehouse: Connection[Any],
    crm: Connection[Any],
    accounts: Accounts[AccountProvider],
    *,
    list_id: str | None = None,
    overwrite: bool = False,
) -> dict[str, FilledDefaults]:
    """Fill each row of ``crm.external_provider`` from its own account.

    Args:
        accounts: gives the clients.
        list_id: the audience to read. Of several accounts, only the rows of its own are filled.

    Returns:
        what became of the columns, by the provider's code.

    Raises:
        UnknownProviderError, ProviderError: as ``get_provider_defaults``, if there is one account.
        AccountsFailedError, AccountsPostponedError: several accounts, and some of them failed.
    """
    providers = read_providers(crm) or [Provider(PROVIDER_CODE, DEFAULT_ACCOUNT)]
    names = list(dict.fromkeys(one.account for one in providers))
    found: dict[str, FilledDefaults] = {}
    unknown: NotFoundAtProviderError | None = None

    def fill(client: AccountProvider, account: str) -> None:
        nonlocal unknown
        for one in providers:
            if one.account == account:
                try:
                    found[one.code] = get_provider_defaults(
                        warehouse,
                        crm,
                        client,
                        code=one.code,
                        account=account,
                        list_id=list_id,
                        overwrite=overwrite,
                    )
                except NotFoundAtProviderError as error:
                    unknown = error

    work_in_each(accounts, names, fill)
    if unknown is not None and not found:
        raise unknown
    return found


def get_provider_defaults(
    warehouse: Connection[Any],
    crm: Connection[Any],
    provider: AccountProvider,
    *,
    code: str = PROVIDER_CODE,
    account: str = DEFAULT_ACCOUNT,
    list_id: str | None = None,
    overwrite: bool = False,
) -> FilledDefaults:
    """Fill ``crm.external_provider`` from the account's contact and an audience's defaults.

    The values of both sides are kept in ``sync.provider_default`` for people to look at. Logs and
    task results hold no values, as a sender may be a person.

    Args:
        warehouse: committed here.
        crm: to ``crm_db``, with the right to update ``crm.external_provider``; committed here.
        code: of the row in ``crm.external_provider``.
        account: of the provider.
        list_id: the audience to read; None: the account's first, if it has any.
        overwrite: replace what the CRM has, too.

    Raises:
        UnknownProviderError: the CRM has no such row.
        ProviderError: there is no such audience, or Mailchimp could not be asked.
    """
    audience = provider.audience(list_id) if list_id else next(provider.audiences(), None)
    values = offered_values(provider.account().contact, audience)
    found = fill_provider_defaults(crm, code, values, overwrite=overwrite)
    log.info("read from audience %s", audience.list_id if audience else "(the account has none)")
    for fate, columns in found.columns().items():
        log.info("%s: %d columns %s", fate, len(columns), ", ".join(columns))
    _keep(warehouse, found, code, account, audience.list_id if audience else None)
    return found


def show_provider_defaults(warehouse: Connection[Any]) -> str:
    """What was read last, as a table: each column, the CRM's value, Mailchimp's, what was done.

    Raises:
        NothingReadError: DAG get_mailchimp_defaults never ran.
    """
    rows = read_rows(
        warehouse,
        _StoredDefault,
        "select provider, account, column_name, crm_value, provider_value, fate, list_id, read_at"
        " from sync.provider_default order by provider, position",
    )
    if not rows:
        raise NothingReadError("nothing was read yet: run DAG get_mailchimp_defaults")
    lines: list[str] = []
    for provider, shown in groupby(rows, key=lambda row: row.provider):
        lines += _shown(provider, list(shown))
    return "\n".join(lines)


def _shown(provider: str, rows: Sequence[_StoredDefault]) -> list[str]:
    list_id = rows[0].list_id
    whose = "" if provider == PROVIDER_CODE else f"{provider}, connection {rows[0].account}: "
    lines = [
        f"{whose}read {rows[0].read_at:%Y-%m-%d %H:%M:%S %Z} from the account and "
        + (f"audience {list_id}" if list_id else "no audience, as it has none")
    ]
    for row in rows:
        lines += [f"{row.column_name}: {row.fate}", f"  CRM        {row.crm_value or '(empty)'}"]
        lines.append(f"  Mailchimp  {row.provider_value or '(empty)'}")
    return lines


class NothingReadError(PermanentError):
    """There are no defaults to show."""


def _keep(
    warehouse: Connection[Any],
    found: FilledDefaults,
    code: str,
    account: str,
    list_id: str | None,
) -> None:
    warehouse.execute("delete from sync.provider_default where provider = %s", (code,))
    with warehouse.cursor() as cursor:
        cursor.executemany(
            "insert into sync.provider_default"
            " (provider, account, position, column_name, crm_value, provider_value, fate, list_id)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (code, account, position, one.column, one.before, one.offered, one.fate, list_id)
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
