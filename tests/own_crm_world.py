"""A CRM of examples/crm_views on a server of one's choice, set up as docs/own_crm.md says."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from crm_mailchimp.crm.query_login import create_query_login
from crm_mailchimp.crm.schema import create_contract
from crm_mailchimp.readiness import contract, logins
from crm_mailchimp.sessions import open_session
from crm_mailchimp.sync.staging.stage import stage
from crm_mailchimp.warehouse.migrations import upgrade
from documented_grants import grants
from local_installation.postgres import Server
from sync_world import World

EXAMPLES = Path(__file__).parents[1] / "examples" / "crm_views"
PASSWORD = "μυστικό"
#: What the doctor notes where only reading is set up.
WITHOUT_WRITE_BACK = [
    ("note", f"crm.{table} is not there: only the write-back needs it")
    for table in ("provider_member_status", "provider_campaign")
]


@dataclass(frozen=True)
class OwnCrm:
    """DSNs of a mapped CRM and of an empty warehouse.

    Attributes:
        admin: owns the CRM.
        pipeline: the login of ``crm_db``, which only reads.
        query: the login of ``crm_query_db``.
    """

    admin: str
    pipeline: str
    query: str
    warehouse: str


def findings(own: OwnCrm) -> list[tuple[str, str]]:
    """What the doctor says about the contract, the queries and the logins of the CRM.

    Returns:
        a verdict and its words each, without the lines of what is fine.
    """
    with open_session(own.pipeline) as crm, open_session(own.query) as query:
        login = crm.info.user
        found = [
            *contract.contract_tables(crm),
            *contract.held_values(crm),
            *contract.queries(crm, lambda: open_session(own.query)),
            *logins.crm_login(crm),
            *logins.query_login(query, login_of_crm=login),
        ]
    assert ("fine", "crm.consent: 9 columns") in found
    return [(verdict, words) for verdict, words in found if verdict != "fine"]


class OwnCrmWorld(World):
    """A world whose CRM is written in its own tables. The sync may only read it."""

    def __init__(self, own: OwnCrm, sandbox: Any) -> None:
        super().__init__(own.admin, own.warehouse, sandbox, rows="")
        self.own = own
        self.crm_dsn = own.pipeline

    def connect(self, dsn: str, *, autocommit: bool = False) -> psycopg.Connection[Any]:
        return open_session(dsn, autocommit=autocommit)

    def stage(self, codes: Sequence[str] = (), **options: Any) -> int:
        run_id = f"run-{next(self._runs)}"
        with (
            self.connect(self.warehouse_dsn) as warehouse,
            self.connect(self.own.pipeline) as crm,
            self.connect(self.own.query) as query,
        ):
            return stage(warehouse, crm, query, run_id=run_id, codes=codes, **options)

    def subscribed(self, code: str) -> set[str]:
        return {email for email, status in self.remote(code).items() if status == "subscribed"}


class OwnCrmTemplate:
    """An example's tables and views, and a warehouse, to be copied for each test.

    Args:
        server: the embedded one, or Debian's.
        example: folder below examples/crm_views.
        with_sample: its sample rows, too.
    """

    def __init__(self, server: Server, example: str, *, with_sample: bool = True) -> None:
        self.server = server
        self._mark = uuid.uuid4().hex[:10]
        self._logins = {kind: f"{kind}_{self._mark}" for kind in ("pipeline", "query")}
        self._numbers = itertools.count(1)
        admin_dsn, warehouse = (
            server.create_database(f"{kind}_{self._mark}") for kind in ("own", "dwh")
        )
        upgrade(warehouse)
        with psycopg.connect(admin_dsn, autocommit=True) as admin:
            admin.execute(
                f"create role {self._logins['pipeline']} login password '{PASSWORD}'".encode()
            )
            for name in ("source", *(["sample"] if with_sample else []), "views", "indexes"):
                admin.execute(_text(example, name))
            create_contract(admin, missing_tables=True, with_write_back=False)
            admin.execute(_text(example, "collections"))

    @contextmanager
    def fresh(self) -> Iterator[OwnCrm]:
        """A copy of both databases, with the documented logins; dropped afterwards."""
        number = next(self._numbers)
        names = {kind: f"{kind}_{self._mark}_{number}" for kind in ("own", "dwh")}
        dsns = {
            kind: self.server.create_database(name, template=f"{kind}_{self._mark}")
            for kind, name in names.items()
        }
        with psycopg.connect(dsns["own"], autocommit=True) as admin:
            assert create_query_login(admin, self._logins["query"], PASSWORD) == []
            admin.execute(grants(names["own"], self._logins["pipeline"])[0].encode())
        yield OwnCrm(
            dsns["own"],
            *(
                self.server.dsn(names["own"], user=login, password=PASSWORD)
                for login in self._logins.values()
            ),
            dsns["dwh"],
        )
        for name in names.values():
            self.server.drop_database(name)

    def close(self) -> None:
        for kind in ("own", "dwh"):
            self.server.drop_database(f"{kind}_{self._mark}")
        with psycopg.connect(self.server.dsn(), autocommit=True) as connection:
            connection.execute("; ".join(f"drop role {one}" for one in self._logins.values())
                               .encode())  # fmt: skip


def _text(example: str, name: str) -> bytes:
    return (EXAMPLES / example / f"{name}.sql").read_bytes()
