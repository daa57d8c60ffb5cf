"""Every SQL statement in a document runs, in databases as a reader has them; then it is undone."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from crm_mailchimp.crm.query_login import create_query_login
from documents.code_in_documents import Code, all_blocks, all_spans
from fresh_databases import fresh_databases

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("documents")]

#: Pieces of a sentence that begin like a statement, and are only the name of one.
NAMES = {"grant set on parameter temp_file_limit"}
_FIRST = re.compile(r"(?:alter|update|grant|revoke|select|insert|delete|create|drop|with)\s", re.I)
#: Logins that documents give rights to: in the CRM, and in the warehouse.
_PLAIN_LOGINS = ("pipeline", "bi")
_OF_THE_CRM = re.compile(r"\bcrm\b|\bcontact\b|pipeline|crm_query|view")
BLOCKS = [code for code in all_blocks() if code.language == "sql"]
SPANS = [
    code
    for code in all_spans()
    if _FIRST.match(code.text) and len(code.text.split()) >= 4 and code.text not in NAMES
]


@dataclass(frozen=True)
class Databases:
    crm: str
    warehouse: str
    #: The logins that documents speak of, by the names that this server has for them.
    logins: dict[str, str]


@pytest.fixture(scope="module", params=["postgres", "debian_postgres"])
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    server = request.getfixturevalue(request.param)
    logins = {name: f"{name}_{uuid.uuid4().hex[:8]}" for name in ("crm_query", *_PLAIN_LOGINS)}
    with fresh_databases(server) as (crm, warehouse):
        with psycopg.connect(crm, autocommit=True) as admin:
            create_query_login(admin, logins["crm_query"], "κωδικός")
        yield Databases(crm, warehouse, logins)
        with psycopg.connect(crm, autocommit=True) as admin:
            name = logins["crm_query"]
            admin.execute(f"drop owned by {name}; drop role {name}".encode())


def statements(code: Code) -> list[str]:
    text = re.sub(r"--[^\n]*", "", code.text)
    return [part.strip() for part in text.split(";") if part.strip()]


def run(codes: Sequence[Code], databases: Databases) -> int:
    """Run statements as a reader does, one after the other, and undo them all.

    Returns:
        how many there were.
    """
    done = 0
    with psycopg.connect(databases.crm) as crm, psycopg.connect(databases.warehouse) as warehouse:
        crm.execute("set local search_path = crm, public")
        text = "\n".join(code.text for code in codes)
        for schema in re.findall(r"\bin schema (\w+)", text):
            # A page may speak of a schema of the reader.
            crm.execute(f"create schema if not exists {schema}".encode())
        for login, connection in zip(_PLAIN_LOGINS, (crm, warehouse), strict=True):
            # A document may make it itself.
            if not re.search(rf"create (?:role|user) {login}\b", text):
                connection.execute(f"create role {databases.logins[login]} login".encode())
        for code in codes:
            connection = crm if _OF_THE_CRM.search(code.text) else warehouse
            for statement in statements(code):
                connection.execute(_as_here(statement, connection, databases).encode())
                done += 1
        crm.rollback()
        warehouse.rollback()
    return done


def _as_here(statement: str, connection: psycopg.Connection[Any], databases: Databases) -> str:
    for name, here in databases.logins.items():
        statement = re.sub(rf"\b{name}\b", here, statement)
    statement = re.sub(r"(?<=on database )\S+", connection.info.dbname, statement)
    return statement.replace("…", "no_such")


@pytest.mark.parametrize("code", BLOCKS, ids=str)
def test_the_statements_of_a_block(code: Code, databases: Databases) -> None:
    assert run([code], databases) == len(statements(code)) > 0


@pytest.mark.parametrize("document", sorted({code.document for code in SPANS}))
def test_the_statements_in_sentences_of_a_document(document: str, databases: Databases) -> None:
    codes = [code for code in SPANS if code.document == document]
    assert run(codes, databases) >= len(codes) > 0


def test_the_documents_have_statements() -> None:
    assert len(BLOCKS) >= 6
    assert len(SPANS) >= 6


@pytest.mark.parametrize(
    "text",
    [
        "select no_such_column from sync.member",
        "update crm.contact_collection set no_such = 1",
        "selec 1 from sync.member",
    ],
)
def test_a_wrong_statement_is_refused(text: str, databases: Databases) -> None:
    with pytest.raises(psycopg.Error):
        run([Code("d", 1, "sql", text)], databases)
