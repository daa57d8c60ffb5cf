"""Is an account of the provider ready: its key, its size, the domains of its senders?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from psycopg import Connection

from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.crm.collections import Collection
from crm_mailchimp.provider import Audience
from crm_mailchimp.readiness.collections import active_collections
from crm_mailchimp.readiness.finding import Verdict
from crm_mailchimp.rows import read_values
from crm_mailchimp.settings import BillSettings
from crm_mailchimp.sync.staging import shared_audiences


class AccountInUse(Protocol):
    """What is asked of an account's client."""

    def audiences(self) -> Iterator[Audience]:
        """All audiences of the account."""
        ...

    def most_audiences(self) -> int | None:
        """How many audiences the plan allows; None: any number, or the provider does not say."""
        ...

    def sender_domains(self) -> dict[str, bool]:
        """Domains that mails may come from, lower case, and whether they are verified."""
        ...


def collections_of(crm: Connection[Any], account: str) -> list[Collection]:
    """The active collections of an account."""
    return [
        one
        for one in active_collections(crm)
        if (one.connection_id or DEFAULT_ACCOUNT) == account and not one.provider_problem()
    ]


def account_key(client: AccountInUse, account: str) -> Iterator[tuple[Verdict, str]]:
    """Whether the key is good, and how many audiences the account has.

    Args:
        client: of the account.
        account: id of its connection.
    """
    number, most = len(list(client.audiences())), client.most_audiences()
    of = "" if most is None else f" of the {most} that its plan allows"
    yield (
        "fine",
        f"connection {account}: the key is good; the account has {number} audiences{of}",
    )


def account_size(
    client: AccountInUse, account: str, environment: Mapping[str, str]
) -> Iterator[tuple[Verdict, str]]:
    """How the account's contacts compare with its plan.

    Mailchimp bills subscribed, unsubscribed and not yet subscribed members, each audience by
    itself. Pending ones are free (docs/stats.md, "What Mailchimp bills"). Its answers about an
    audience count the first two (OpenAPI 3.0.55, ``lists``, ``stats``).

    Args:
        client: of the account.
        account: id of its connection.
        environment: variables by name.

    Raises:
        SettingError: the limit or the percentage cannot be obeyed.
    """
    contacts = sum(one.member_count + one.unsubscribe_count for one in client.audiences())
    place = f"connection {account}"
    settings = BillSettings.read(environment)
    limit = settings.contact_limit_of(account)
    if not limit:
        yield (
            "note",
            f"{place}: {contacts} contacts; MAILCHIMP_CONTACT_LIMIT names no limit of its plan, so"
            " nobody is warned",
        )
    elif contacts * 100 >= limit * settings.mailchimp_contact_warning_percent:
        yield (
            "to do",
            f"{place}: {contacts} contacts, and its plan includes {limit}"
            " (MAILCHIMP_CONTACT_LIMIT): make room, or change the plan",
        )
    else:
        yield "fine", f"{place}: {contacts} contacts of the {limit} that its plan includes"


def new_audiences(
    client: AccountInUse,
    warehouse: Connection[Any],
    collections: Sequence[Collection],
    account: str,
) -> Iterator[tuple[Verdict, str]]:
    """How many audiences a sync of all its collections would make, and whether the plan has room.

    Args:
        client: of the account.
        warehouse: to ``warehouse_db``.
        collections: of the account.
        account: id of its connection.
    """
    known = read_values(
        warehouse, int, "select collection_id from sync.audience where account = %s", (account,)
    )
    wanted = {
        shared_audiences.id_of(account, one.shared_audience)
        if one.shared_audience
        else one.collection_id: one.shared_audience or f"{one.description} ({one.code})"
        for one in collections
        if one.shared_audience or not one.provider_list_id
    }
    names = [name for key, name in wanted.items() if key not in known]
    place = f"connection {account}"
    if not names:
        yield "fine", f"{place}: no collection needs a new audience"
        return
    words = f"{place}: a sync of all its collections makes or finds {len(names)} more audiences"
    most = client.most_audiences()
    if most is None:
        yield "note", f"{words}. Mailchimp names no limit on audiences"
        return
    present = {one.list_id: one.settings.name for one in client.audiences()}
    # After a loss of the sync state, an audience of ours is found again by its name.
    made = len(set(names).difference(present.values()))
    room = max(most - len(present), 0)
    limit = f"The plan allows {most}, and the account has {len(present)}"
    if made > room:
        yield (
            "to do",
            f"{words}. {limit}: let collections share an audience (shared_audience), delete an"
            " audience of others that nobody needs, or change the plan",
        )
    else:
        yield "note", f"{words}. {limit}"


def senders(
    client: AccountInUse, collections: Sequence[Collection], account: str
) -> Iterator[tuple[Verdict, str]]:
    """Whether the domain of each sender is verified in the account.

    Args:
        client: of the account.
        collections: of the account.
        account: id of its connection.
    """
    verified = client.sender_domains()
    codes: dict[str, list[str]] = defaultdict(list)
    for one in collections:
        domain = str(one.settings.get("from_email") or "").strip().rpartition("@")[2].lower()
        if domain:
            codes[domain].append(one.code)
    for domain, users in sorted(codes.items()):
        place = f"connection {account}: the domain {domain} of the sender of {', '.join(users)}"
        if verified.get(domain):
            yield "fine", f"{place} is verified"
        elif domain in verified:
            yield "to do", f"{place} is not verified: verify it (Mailchimp, Account, Domains)"
        else:
            yield (
                "to do",
                f"{place} is not known to Mailchimp: add and verify it (Mailchimp, Account,"
                " Domains), or correct from_email in the CRM",
            )
