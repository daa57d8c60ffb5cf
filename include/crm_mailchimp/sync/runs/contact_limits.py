"""How many contacts the plan of each Mailchimp account includes: from the settings to the marts.

Mailchimp's API shows neither the plan's limit nor what it bills (OpenAPI: ``root``). So people
write the limit into ``MAILCHIMP_CONTACT_LIMIT``, and ``mart.bill`` compares it with our counts.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.rows import read_rows, read_values
from crm_mailchimp.setting_group import SettingError
from crm_mailchimp.settings import BillSettings
from crm_mailchimp.statements import statement


class NearLimit(NamedTuple):
    """An account with almost as many contacts as its plan includes, or with more.

    Attributes:
        account: id of its connection in Airflow.
        contact_limit: contacts that the plan includes.
        warning_percent: percentage of the limit from which on to warn.
        is_over_limit: it has more contacts than the plan includes.
    """

    account: str
    contact_limit: int
    warning_percent: float
    is_over_limit: bool


def note_contact_limits(
    warehouse: Connection[Any], environment: Mapping[str, str] = os.environ
) -> None:
    """Store the limits of the settings for the accounts that the warehouse knows; commits.

    Wrong settings change nothing: the limits of the last run stay.

    Args:
        warehouse: not in a transaction.
        environment: variables by name.

    Raises:
        SettingError: a value cannot be obeyed, or it names an account that is not known.
    """
    settings = BillSettings.read(environment)
    limits = settings.mailchimp_contact_limit
    known = read_values(
        warehouse,
        str,
        "select account from mart.bill union select account from sync.collection_run"
        " order by account",
    )
    wanted = {account: settings.contact_limit_of(account) for account in known}
    limited = {account: limit for account, limit in wanted.items() if limit}
    warehouse.execute(
        statement("mart/store_contact_limits"),
        {
            "accounts": list(limited),
            "limits": list(limited.values()),
            "warning_percent": settings.mailchimp_contact_warning_percent,
        },
    )
    warehouse.commit()
    unknown = sorted(set(limits) - {"", *known})
    if unknown:
        raise SettingError(
            f"the environment variable MAILCHIMP_CONTACT_LIMIT names {', '.join(unknown)}."
            f" The accounts of collections and audiences are: {', '.join(known) or 'none yet'}."
            " Write their ids, or a number without an id (docs/settings.md)"
        )


def near_limits(warehouse: Connection[Any]) -> list[NearLimit]:
    """The accounts that are near their limit or over it, by their ids."""
    return read_rows(
        warehouse,
        NearLimit,
        "select account, contact_limit, warning_percent, is_over_limit from mart.bill"
        " where is_near_limit order by account",
    )
