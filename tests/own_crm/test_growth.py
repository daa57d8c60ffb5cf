"""The rows that the staging makes the CRM's server read below the views grow with the contacts.

A view that Postgres cannot look into makes it read a whole table for each contact. The server
counts the rows of its tables and indexes itself.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import psycopg
import pytest

from crm_mailchimp.sessions import open_session
from crm_mailchimp.sync.staging.stage import stage
from own_crm_world import OwnCrmTemplate
from visits import STEEPEST

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

FEW, MANY = 2_000, 20_000
#: Rows of tables and indexes for each contact. A whole table for each contact would be thousands.
MOST = 150
#: Each person has a consent, two addresses and a place on the list; a tenth said no, a tenth are
#: duplicates.
FILL = {
    "shop": (
        "insert into shop.customer (custno, surname, blocked, deleted, same_as, ok_news,"
        " ok_news_on, changed) select n, 'Ιωάννου', 0, 0,"
        " case when n % 10 = 2 then n - 1 else 0 end,"
        " case when n % 10 = 3 then 0 else 1 end, '17/3/2024', now()"
        " from generate_series(1, {people}) as n",
        "insert into shop.customer_mail select n * 2 + m, n, 'p' || n || m || '@mail.gr', m, 0, 0"
        " from generate_series(1, {people}) as n, generate_series(0, 1) as m",
        "insert into shop.mailing_list values (10, 'Νέα', 1, 0)",
        "insert into shop.mailing_list_customer select 10, n, '1/1/2024', 0"
        " from generate_series(1, {people}) as n",
    ),
    "suitecrm": (
        "insert into suitecrm.contacts (id, date_modified) select 'c' || n, now()"
        " from generate_series(1, {people}) as n",
        "insert into suitecrm.email_addresses (id, email_address, email_address_caps, opt_out,"
        " confirm_opt_in, confirm_opt_in_date, date_modified)"
        " select 'a' || n || '-' || m, 'p' || n || m || '@mail.gr', 'P' || n || m || '@MAIL.GR',"
        " case when n % 10 = 3 then 1 else 0 end, 'confirmed-opt-in', now(), now()"
        " from generate_series(1, {people}) as n, generate_series(0, 1) as m",
        "insert into suitecrm.email_addr_bean_rel (id, email_address_id, bean_id, bean_module,"
        " primary_address)"
        " select 'l' || n || '-' || m, 'a' || n || '-' || m, 'c' || n, 'Contacts', m"
        " from generate_series(1, {people}) as n, generate_series(0, 1) as m",
        "insert into suitecrm.prospect_lists (id, name, list_type, deleted)"
        " values ('11111111-0000-4000-8000-000000000001', 'Νέα', 'default', 0)",
        "insert into suitecrm.prospect_lists_prospects select 'e' || n,"
        " '11111111-0000-4000-8000-000000000001', 'c' || n, 'Contacts', now(), 0"
        " from generate_series(1, {people}) as n",
    ),
}
ELIGIBLE = {"shop": 0.8, "suitecrm": 0.9}


@pytest.mark.parametrize(
    ("example", "server"),
    [("shop", "postgres"), ("shop", "debian_postgres"), ("suitecrm", "debian_postgres")],
)
def test_the_staging_grows_with_the_contacts(
    example: str, server: str, request: pytest.FixtureRequest
) -> None:
    template = OwnCrmTemplate(request.getfixturevalue(server), example, with_sample=False)
    few, many = (_rows_read(template, example, people) for people in (FEW, MANY))
    template.close()
    assert many < MOST * MANY, f"{many} rows for {MANY} contacts"
    assert few > FEW, "the server counted"
    assert many <= STEEPEST * few * MANY / FEW, f"{few} → {many}"


def _rows_read(template: OwnCrmTemplate, example: str, people: int) -> int:
    with template.fresh() as own, ExitStack() as stack:
        admin = stack.enter_context(psycopg.connect(own.admin, autocommit=True))
        for statement in FILL[example]:
            admin.execute(statement.format(people=people).encode())
        admin.execute("analyze")
        before = _counted(admin)
        warehouse = stack.enter_context(open_session(own.warehouse))
        crm = stack.enter_context(open_session(own.pipeline))
        stage(warehouse, crm, None, run_id="run", codes=["NEWS"])
        assert _eligible(warehouse) == ELIGIBLE[example] * people
        # The server's counts arrive when a transaction ends.
        crm.execute("select pg_stat_force_next_flush()")
        crm.commit()
        return _counted(admin) - before


def _counted(connection: psycopg.Connection[Any]) -> int:
    rows = connection.execute(
        "select tup_returned + tup_fetched from pg_stat_database where datname = current_database()"
    ).fetchall()
    return int(rows[0][0])


def _eligible(warehouse: psycopg.Connection[Any]) -> int:
    rows = warehouse.execute("select count(*) from staging.verdict where reason_code is null")
    return int(rows.fetchall()[0][0])
