"""Where members in the sandbox differ from who may be there; contact ids only."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from local_installation.campaign_story import tag_of
from local_installation.expected_members import (
    Member,
    expected_in_shared,
    expected_members,
    shared_audiences,
)
from local_installation.local_services import Services
from local_installation.mailchimp_account import MailchimpAccount
from local_installation.results import CollectionResult


def wrong_members(
    services: Services,
    account: MailchimpAccount,
    results: Sequence[CollectionResult],
    codes: Sequence[str],
) -> list[str]:
    """Compare audiences and tags in the sandbox with plain SQL over the sample CRM.

    An audience of its own has exactly the eligible contacts of its collection. A shared audience
    has those of all its collections, and each tag is on exactly those of its collection.

    Args:
        services: the databases.
        account: the sandbox.
        results: of the sync; says which audience belongs to which collection.
        codes: collections that had to succeed.

    Returns:
        a line for each difference; empty if all is right.
    """
    expected = expected_members(services.crm, services.crm_query, list(codes))
    shared = shared_audiences(services.crm, list(codes))
    lists = {row.collection_code: row.list_id for row in results}
    wrong = [f"{code}: nobody is eligible in the sample" for code in codes if not expected[code]]
    in_shared = {code for together in shared.values() for code in together}
    for code in set(codes) - in_shared:
        wrong += _differences(account, code, lists.get(code), expected[code])
    for name, together in shared.items():
        members = expected_in_shared([expected[code] for code in together])
        list_ids = {lists.get(code) for code in together}
        wrong += [f"{name}: its collections have {len(list_ids)} audiences"] * (len(list_ids) != 1)
        for list_id in list_ids:
            wrong += _differences(account, name, list_id, members)
            if list_id is not None:
                wrong += _wrong_tags(account, list_id, expected, members, together)
    return sorted(wrong)


def _wrong_tags(
    account: MailchimpAccount,
    list_id: str,
    expected: Mapping[str, set[Member]],
    members: Collection[Member],
    codes: Sequence[str],
) -> list[str]:
    wrong = []
    contacts = dict(members)
    for code in codes:
        _, tag_id = tag_of(account, list_id, code)
        if tag_id is None:
            wrong.append(f"{code} has no tag in the audience that it shares")
            continue
        found = {row["email_address"] for row in account.tag_members(list_id, tag_id)}
        wanted = {address for address, _ in expected[code]}
        for word, difference in (("missing", wanted - found), ("too many", found - wanted)):
            if difference:
                ids = sorted(contacts.get(address, 0) for address in difference)
                wrong.append(f"{code}: its tag has {len(ids)} members {word}: contacts {ids[:10]}")
    return wrong


def _differences(
    account: MailchimpAccount, name: str, list_id: str | None, wanted: set[Member]
) -> list[str]:
    if list_id is None:
        return [f"{name} has no audience"]
    found = {
        (row["email_address"], int(row["merge_fields"]["CRMREF"].removeprefix("c-") or 0))
        for row in account.members(list_id, "subscribed")
    }
    return [
        f"{name}: {len(difference)} members {word}: contacts "
        f"{sorted(contact for _, contact in difference)[:10]}"
        for word, difference in (("missing", wanted - found), ("too many", found - wanted))
        if difference
    ]
