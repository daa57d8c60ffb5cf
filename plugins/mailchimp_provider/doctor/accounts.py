"""Looks at each Mailchimp account that the CRM names, with clients that can only read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial

from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.readiness.account import (
    AccountInUse,
    account_key,
    account_size,
    collections_of,
    new_audiences,
    senders,
)
from crm_mailchimp.readiness.finding import Check, Verdict
from crm_mailchimp.readiness.surroundings import limits_of_accounts
from crm_mailchimp.sync.audience.accounts_in_use import named_accounts
from mailchimp_provider.connections import CRM, WAREHOUSE, mailchimp, warehouse_connection
from mailchimp_provider.doctor.databases import read_only_crm, read_only_warehouse

#: Seconds to queue for a slot of an account.
_SLOT_SECONDS = 30.0


def account_checks() -> Iterator[Check]:
    """Of each account: key, size, new audiences, domains of senders."""
    for account in _accounts():
        yield Check(subject="accounts", look=partial(_key, account), opens=account)
        yield Check(subject="accounts", look=partial(_size, account), needs=(account,))
        yield Check(
            subject="accounts",
            look=partial(_new_audiences, account),
            needs=(CRM, WAREHOUSE, account),
        )
        yield Check(subject="accounts", look=partial(_senders, account), needs=(CRM, account))
    yield Check(subject="settings", look=_limits, needs=(CRM,))


def _accounts() -> list[str]:
    """The default account alone, if the CRM cannot be read: another check says why."""
    try:
        with read_only_crm() as crm:
            return named_accounts(crm)
    except Exception:
        return [DEFAULT_ACCOUNT]


@contextmanager
def _client(account: str) -> Iterator[AccountInUse]:
    """In one of the account's slots; without one where the warehouse cannot be opened."""
    try:
        with closing(warehouse_connection()):
            seconds: float | None = _SLOT_SECONDS
    except Exception:
        seconds = None
    with mailchimp(account, slot_seconds=seconds, read_only=True, is_quick=True) as client:
        yield client


def _key(account: str) -> Iterator[tuple[Verdict, str]]:
    with _client(account) as client:
        yield from account_key(client, account)


def _size(account: str) -> Iterator[tuple[Verdict, str]]:
    with _client(account) as client:
        yield from account_size(client, account, os.environ)


def _new_audiences(account: str) -> Iterator[tuple[Verdict, str]]:
    with read_only_crm() as crm:
        collections = collections_of(crm, account)
    with _client(account) as client, read_only_warehouse() as warehouse:
        yield from new_audiences(client, warehouse, collections, account)


def _senders(account: str) -> Iterator[tuple[Verdict, str]]:
    with read_only_crm() as crm:
        collections = collections_of(crm, account)
    with _client(account) as client:
        yield from senders(client, collections, account)


def _limits() -> Iterator[tuple[Verdict, str]]:
    with read_only_crm() as crm:
        yield from limits_of_accounts(os.environ, named_accounts(crm))
