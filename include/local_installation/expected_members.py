"""Who may be where in the sample's audiences, worked out without any of the pipeline's code."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import psycopg

from crm_mailchimp.statements import statement

_SQL = Path(__file__).parent / "sql"

#: Member of an audience: address in Mailchimp's form, and the contact that it represents.
Member = tuple[str, int]


def expected_members(crm_dsn: str, query_dsn: str, codes: list[str]) -> dict[str, set[Member]]:
    """The eligible set of each collection of the sample CRM, by plain SQL over the contract.

    Args:
        crm_dsn: the CRM's database; nothing but a temporary table is written.
        query_dsn: the same by the login of dynamic queries.
        codes: collections to work out.

    Returns:
        Members by collection code.
    """
    members: dict[str, set[Member]] = {code: set() for code in codes}
    with psycopg.connect(crm_dsn) as crm, psycopg.connect(query_dsn) as queries:
        crm.execute("create temporary table staged (collection_id bigint, contact_id bigint)")
        crm.execute(
            "insert into staged select member.collection_id, member.contact_id "
            "from crm.collection_member as member inner join crm.contact_collection as collection "
            "on member.collection_id = collection.collection_id "
            "where collection.is_static and collection.code = any(%s)",
            [codes],
        )
        dynamic = crm.execute(
            "select collection_id, query_text from crm.contact_collection "
            "where not is_static and code = any(%s)",
            [codes],
        ).fetchall()
        queries.execute("set search_path to crm")
        with crm.cursor() as cursor:
            for collection_id, query_text in dynamic:
                cursor.executemany(
                    "insert into staged values (%s, %s)",
                    [(collection_id, row[0]) for row in queries.execute(query_text)],
                )
        for code, address, contact_id in crm.execute(statement("expected_members", root=_SQL)):
            members[code].add((address, contact_id))
        crm.rollback()
    return members


def shared_audiences(crm_dsn: str, codes: list[str]) -> dict[str, list[str]]:
    """The collections of each shared audience of the sample CRM, by the audience's name.

    Args:
        crm_dsn: the CRM's database.
        codes: only these collections.
    """
    shared: dict[str, list[str]] = {}
    with psycopg.connect(crm_dsn) as crm:
        for name, code in crm.execute(
            "select shared_audience, code from crm.contact_collection "
            "where shared_audience is not null and code = any(%s) order by code",
            [codes],
        ):
            shared.setdefault(name, []).append(code)
    return shared


def expected_in_shared(members: Iterable[set[Member]]) -> set[Member]:
    """The members of a shared audience: of each address the lowest contact of its collections.

    Args:
        members: the expected members of each of its collections.
    """
    lowest: dict[str, int] = {}
    for address, contact_id in sorted(set().union(*members)):
        lowest.setdefault(address, contact_id)
    return set(lowest.items())
