"""Keys between the tables of stats and mart: everywhere, or a reason why not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.stats.audience_extract import extract_audiences
from crm_mailchimp.stats.marts import refresh_marts
from stats.figures import differences
from stats.sandbox_world import let_pass, make_audience, read_all, send

#: Columns that point to something, with the tables whose own key they are.
REFERENCES = {
    "campaign_id": "stats.campaigns",
    "parent_campaign_id": "",
    "list_id": "stats.lists",
    "subscriber_hash": "stats.members",
    "link_id": "stats.link_clicks",
    "contact_key": "mart.contacts",
    "metric": "stats.metric",
}


def test_every_reference_is_a_foreign_key_or_says_why_not(warehouse_db: str) -> None:
    with psycopg.connect(warehouse_db) as connection:
        connection.execute("select stats.ensure_activity_month('2026-11-01')")
        columns = connection.execute(
            """
            select
                relation.oid::regclass::text as table_name,
                attribute.attname as column_name,
                exists (
                    select from pg_constraint as key
                    where
                        key.conrelid = relation.oid
                        and key.contype = 'f'
                        and attribute.attnum = any(key.conkey)
                ) as is_foreign_key,
                concat(obj_description(relation.oid), col_description(relation.oid, attnum))
                    like '%%No foreign key: %%' as is_excused
            from pg_class as relation
            inner join pg_attribute as attribute on relation.oid = attribute.attrelid
            where
                relation.relnamespace in ('stats'::regnamespace, 'mart'::regnamespace)
                and relation.relkind in ('r', 'p')
                and attribute.attname = any(%s)
            """,
            (list(REFERENCES),),
        ).fetchall()
    assert len(columns) > 50
    assert [
        (table, column)
        for table, column, is_foreign_key, is_excused in columns
        if not is_foreign_key and not is_excused and table != REFERENCES[column]
    ] == []
    assert {
        (table, column) for table, column, is_foreign_key, is_excused in columns if is_excused
    } == {
        ("stats.campaigns", "parent_campaign_id"),
        ("stats.campaign_part", "campaign_id"),
        ("stats.member_activities", "campaign_id"),
        ("mart.changed_campaign", "campaign_id"),
        ("mart.changed_member", "list_id"),
        ("mart.changed_member", "subscriber_hash"),
        ("mart.contacts", "subscriber_hash"),
        ("mart.contact_engagement", "subscriber_hash"),
    }


@pytest.fixture
def warehouse(warehouse_db: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse_db) as connection:
        yield connection


@pytest.fixture
def provider(mailchimp_sandbox: Any) -> Iterator[Mailchimp]:
    with Mailchimp(MailchimpClient(mailchimp_sandbox.key, host=mailchimp_sandbox.host)) as opened:
        yield opened


def test_no_join_loses_a_row_when_members_are_gone_from_the_audience(
    warehouse: psycopg.Connection[Any], provider: Mailchimp, mailchimp_sandbox: Any
) -> None:
    """Archived and deleted members, and one address in two audiences; none is in the ledger."""
    mailchimp_sandbox.control("POST", "behaviour", {"abuse": 0.1, "unsubscribe": 0.2})
    audiences = [make_audience(provider, 60) for _ in range(2)]
    for list_id, _ in audiences:
        send(provider, list_id, "Νέα")
        mailchimp_sandbox.control("POST", "clock/advance", {"days": 12})
    read_all(warehouse, provider)
    for (list_id, addresses), action in zip(
        audiences, ("", "/actions/delete-permanent"), strict=True
    ):
        for address in addresses[:20]:
            ids = {"list_id": list_id, "subscriber_hash": address}
            path = f"/lists/{{list_id}}/members/{{subscriber_hash}}{action}"
            provider.client.call("POST" if action else "DELETE", path, ids=ids)
    send(provider, audiences[0][0], "Ξανά")
    mailchimp_sandbox.control("POST", "clock/advance", {"days": 12})
    for _ in range(3):
        read_all(warehouse, provider)
    extract_audiences(warehouse, provider)
    refresh_marts(warehouse)
    assert {explanation for *_, explanation in differences(warehouse).values()} <= {
        "deleted_members",
        "kept_after_deletion",
    }

    for fact, dimension, key in (
        ("stats.campaign_recipients", "mart.members", ("list_id", "subscriber_hash")),
        ("stats.campaign_activities", "mart.members", ("list_id", "subscriber_hash")),
        ("stats.campaign_unsubscribes", "mart.members", ("list_id", "subscriber_hash")),
        ("stats.campaign_abuse_reports", "mart.members", ("list_id", "subscriber_hash")),
        ("stats.link_member_clicks", "mart.members", ("list_id", "subscriber_hash")),
        ("mart.campaign_recipients", "mart.contacts", ("contact_key",)),
        ("mart.campaign_activities", "mart.contacts", ("contact_key",)),
        ("mart.campaign_recipients", "mart.campaigns", ("campaign_id",)),
        ("mart.campaign_recipients", "mart.dates on sent_on = day", ()),
        ("mart.campaign_activities", "mart.dates using (day)", ()),
        ("mart.campaigns", "mart.lists", ("list_id",)),
    ):
        join = f"{dimension} using ({', '.join(key)})" if key else dimension
        counts = warehouse.execute(
            f"select (select count(*) from {fact}), (select count(*) from {fact} inner join {join})"
        ).fetchone()
        assert counts
        assert counts[0] == counts[1] > 0, f"{fact} to {dimension}"
    clicked = warehouse.execute(
        "select count(*), count(*) filter (where exists (select from mart.links as link"
        " where link.url_key = event.url_key)) from mart.campaign_activities as event"
        " where action_type = 'click'"
    ).fetchone()
    assert clicked
    assert clicked[0] == clicked[1] > 0


def test_who_acts_before_the_list_of_recipients_names_them_is_a_member_too(
    warehouse: psycopg.Connection[Any], provider: Mailchimp, mailchimp_sandbox: Any
) -> None:
    list_id, _ = make_audience(provider, 60)
    mailchimp_sandbox.control("POST", "lag", {"sent-to": 86_400})
    send(provider, list_id, "Νέα")
    mailchimp_sandbox.control("POST", "clock/advance", {"hours": 8})
    read_all(warehouse, provider)
    for seconds in (0, 3 * 86_400):
        let_pass(warehouse, mailchimp_sandbox, seconds=seconds)
        read_all(warehouse, provider)
        refresh_marts(warehouse)
        events, lost, unknown = warehouse.execute(
            """
            select
                count(*),
                count(*) filter (where member.list_id is null),
                count(*) filter (where member.status = 'unknown')
            from stats.campaign_activities as event
            left join mart.members as member using (list_id, subscriber_hash)
            """
        ).fetchone() or (0, 0, 0)
        assert events > lost == 0
        assert bool(unknown) is not bool(seconds), "until the list has shown them"


def test_a_row_about_somebody_unknown_is_refused(warehouse: psycopg.Connection[Any]) -> None:
    warehouse.execute("insert into stats.campaigns (campaign_id, list_id) values ('κ', 'λ')")
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        warehouse.execute(
            "insert into stats.campaign_recipients"
            " (campaign_id, list_id, subscriber_hash, delivery_status)"
            " values ('κ', 'λ', 'κανείς', 'sent')"
        )


def test_a_load_and_a_refresh_at_once_do_not_lose_a_member(warehouse_db: str) -> None:
    """The refresh would forget a member that nothing names, but a load is about to name it."""
    refreshed = threading.Event()

    def refresh() -> None:
        with psycopg.connect(warehouse_db) as refresher:
            refresh_marts(refresher)
        refreshed.set()

    with psycopg.connect(warehouse_db) as loader:
        loader.execute("insert into stats.campaigns (campaign_id, list_id) values ('κ', 'λ')")
        for hash_ in ("μέλος", "κανείς"):
            loader.execute("insert into stats.members values ('λ', %s)", (hash_,))
            loader.execute("insert into mart.changed_member values ('λ', %s)", (hash_,))
        loader.execute("create temporary table landing (list_id text, subscriber_hash text)")
        loader.execute("insert into landing values (null, 'μέλος')")
        loader.commit()

        loader.execute("select stats.know_members('landing', 'κ')")
        thread = threading.Thread(target=refresh)
        thread.start()
        assert not refreshed.wait(0.5)
        loader.execute(
            "insert into stats.campaign_recipients"
            " (campaign_id, list_id, subscriber_hash, delivery_status)"
            " select 'κ', list_id, subscriber_hash, 'sent' from landing"
        )
        loader.commit()
        assert refreshed.wait(20)
        thread.join()
        known = loader.execute("select subscriber_hash from stats.members").fetchall()
        assert known == [("μέλος",)]
        refresh_marts(loader)
        assert loader.execute("select subscriber_hash from mart.members").fetchall() == known
        assert loader.execute("select count(*) from mart.changed_member").fetchone() == (0,)
