"""Which accounts there are: those that the CRM names, and those with audiences that we know."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.crm.providers import read_providers
from crm_mailchimp.rows import read_values
from crm_mailchimp.statements import statement


def accounts_in_use(warehouse: Connection[Any], crm: Connection[Any]) -> list[str]:
    """The accounts, the default one first; where nothing names one, the default one alone.

    Args:
        warehouse: the warehouse; not in a transaction.
        crm: to ``crm_db``; not in a transaction.
    """
    return _in_order(_named(crm) | set(accounts_with_audiences(warehouse)))


def named_accounts(crm: Connection[Any]) -> list[str]:
    """The accounts that ``crm.external_provider`` names, in the same order; none: the default one.

    Args:
        crm: to ``crm_db``; not in a transaction.
    """
    return _in_order(_named(crm))


def accounts_with_audiences(warehouse: Connection[Any]) -> list[str]:
    """The accounts with audiences that are, or were, a collection's; not yet deleted ones."""
    accounts = read_values(warehouse, str, statement("sync/accounts_in_use"))
    warehouse.rollback()
    return accounts


def accounts_read_before(warehouse: Connection[Any]) -> list[str]:
    """The same, and the accounts whose audiences reports were read of; empty: there is none."""
    read = read_values(
        warehouse,
        str,
        "select distinct account from stats.lists where read_at is not null and gone_at is null",
    )
    known = {*read, *accounts_with_audiences(warehouse)}
    return _in_order(known) if known else []


def _named(crm: Connection[Any]) -> set[str]:
    return {provider.account for provider in read_providers(crm)}


def _in_order(accounts: set[str]) -> list[str]:
    return sorted(accounts or {DEFAULT_ACCOUNT}, key=lambda one: (one != DEFAULT_ACCOUNT, one))
