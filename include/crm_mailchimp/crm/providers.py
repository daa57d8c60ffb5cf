"""The external providers of the kind that the pipeline serves, each with its account."""

from __future__ import annotations

from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.crm.collections import PROVIDER_KIND
from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement


class Provider(NamedTuple):
    """A row of ``crm.external_provider``.

    Attributes:
        code: its code.
        account: id of the Airflow connection that leads to its account.
    """

    code: str
    account: str


def read_providers(crm: Connection[Any]) -> list[Provider]:
    """The providers of kind ``mailchimp``, by code; a row without a kind is of its code's kind.

    Args:
        crm: to ``crm_db``; rolled back here unless it is in autocommit.
    """
    providers = read_rows(
        crm,
        Provider,
        statement("crm/read_providers"),
        {"default_account": DEFAULT_ACCOUNT, "kind": PROVIDER_KIND},
    )
    if not crm.autocommit:
        crm.rollback()
    return providers
