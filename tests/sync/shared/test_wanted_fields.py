"""Only one collection of a shared audience wants additional fields, and it is away for a while."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from crm_mailchimp.sync.runs.sync_options import SyncOptions
from sharing_world import (
    CODE,
    NAME,
    audience_of,
    change,
    last_run,
    rows,
    sync_each,
    tagged,
    with_status,
)
from sync_world import World

MARIA, ZOI, KOSTAS, ELENI = (f"{name}@galaxy.gr" for name in ("maria", "zoi", "kostas", "eleni"))
BORN, WRITTEN = datetime.date(1990, 5, 17), "05/17"

AWAY: dict[str, dict[str, object]] = {
    "inactive": {"is_active": False},
    "unreadable": {"is_static": None},
    "unreadable wish": {"sync_merge_fields": None},
    "without a provider": {"external_provider": None},
}


@pytest.fixture
def people(sharing: World) -> dict[str, int]:
    """NEWS wants fields, and has Μαρία and Ζωή. OFFERS has Μαρία and Κώστας."""
    for column in ("is_static", "sync_merge_fields"):
        sharing.crm.execute(
            f"alter table crm.contact_collection alter column {column} drop not null"
        )
    news = sharing.collection("NEWS", shared_audience=NAME, sync_merge_fields=True)
    offers = sharing.collection("OFFERS", shared_audience=NAME)
    found = {
        "offers": offers,
        "maria": sharing.contact(MARIA, news, offers, birth_date=BORN),
        "zoi": sharing.contact(ZOI, news, birth_date=BORN),
        "kostas": sharing.contact(KOSTAS, offers, birth_date=BORN),
    }
    sync_each(sharing, 2)
    assert birthdays(sharing) == dict.fromkeys((MARIA, ZOI, KOSTAS), WRITTEN)
    return found


def birthdays(world: World, *more: str) -> dict[str, Any]:
    everybody = (MARIA, ZOI, KOSTAS, *more)
    return {one: world.remote_fields(one, CODE).get("BIRTHDAY") for one in everybody}


def updated(world: World) -> int:
    (row,) = rows(
        world,
        "select updated from sync.collection_run where collection_code = %s"
        " order by started_at desc limit 1",
        CODE,
    )
    return int(row["updated"])


@pytest.mark.parametrize("how", AWAY)
def test_the_audience_goes_on_with_its_fields(
    sharing: World, people: dict[str, int], how: str
) -> None:
    before = rows(sharing, "select * from sync.merge_field order by field_code")
    change(sharing, "NEWS", **AWAY[how])
    sync_each(sharing)
    assert (last_run(sharing, CODE)["state"], updated(sharing)) == ("succeeded", 0)
    assert birthdays(sharing) == dict.fromkeys((MARIA, ZOI, KOSTAS), WRITTEN)

    # Values stay right: one changes in the CRM, one is new.
    sharing.change_contact(people["kostas"], birth_date=datetime.date(1991, 6, 18))
    sharing.contact(ELENI, people["offers"], birth_date=BORN)
    sync_each(sharing, 2)
    assert birthdays(sharing, ELENI) == {
        MARIA: WRITTEN,
        ZOI: WRITTEN,
        KOSTAS: "06/18",
        ELENI: WRITTEN,
    }
    assert tagged(sharing, "NEWS") == {MARIA, ZOI}

    back = {"is_active": True, "is_static": True, "sync_merge_fields": True}
    change(sharing, "NEWS", **back, external_provider="mailchimp")
    sync_each(sharing)
    assert (last_run(sharing, "NEWS")["state"], updated(sharing)) == ("succeeded", 0)
    assert rows(sharing, "select * from sync.merge_field order by field_code") == before
    assert rows(sharing, "select * from sync.former_field") == []


@pytest.mark.parametrize(
    "why",
    [
        {"is_active": False, "sync_merge_fields": False},
        {"is_active": False, "shared_audience": None},
    ],
)
def test_its_fields_end_when_nobody_wants_them_any_more(
    sharing: World, people: dict[str, int], why: dict[str, object]
) -> None:
    change(sharing, "NEWS", is_active=False)
    sync_each(sharing)
    change(sharing, "NEWS", **why)
    sync_each(sharing, 2)

    assert set(birthdays(sharing).values()) == {""}
    assert last_run(sharing, CODE)["state"] == "succeeded"


def test_a_collection_that_is_away_begins_no_fields(sharing: World) -> None:
    news = sharing.collection("NEWS", shared_audience=NAME)
    offers = sharing.collection("OFFERS", shared_audience=NAME)
    sharing.contact(MARIA, news, birth_date=BORN)
    sharing.contact(KOSTAS, offers, birth_date=BORN)
    sync_each(sharing, 2)

    change(sharing, "NEWS", is_active=False, sync_merge_fields=True)
    sync_each(sharing, 2)

    assert "BIRTHDAY" not in sharing.remote_fields(KOSTAS, CODE)
    change(sharing, "NEWS", is_active=True)
    sync_each(sharing)
    assert sharing.remote_fields(KOSTAS, CODE)["BIRTHDAY"] == WRITTEN


def lose_row(world: World, code: str) -> dict[str, Any]:
    """The CRM has no row of the collection any more, and no members of it."""
    (row,) = world.crm.execute(
        "select to_jsonb(collection), array(select contact_id from crm.collection_member as member"
        " where member.collection_id = collection.collection_id)"
        " from crm.contact_collection as collection where code = %s",
        (code,),
    ).fetchall()
    for table in ("collection_member", "contact_collection"):
        world.crm.execute(
            f"delete from crm.{table} where collection_id = %s", (row[0]["collection_id"],)
        )
    return {"row": row[0], "members": row[1]}


def give_back(world: World, lost: dict[str, Any]) -> None:
    world.crm.execute(
        "insert into crm.contact_collection"
        " select * from jsonb_populate_record(null::crm.contact_collection, %s)",
        (Jsonb(lost["row"]),),
    )
    for contact_id in lost["members"]:
        world.join(lost["row"]["collection_id"], contact_id)


@pytest.mark.parametrize("before", [{}, {"is_active": False}], ids=["active", "inactive"])
def test_its_row_is_gone_for_a_night(
    sharing: World, people: dict[str, int], before: dict[str, object]
) -> None:
    """Its members stay, so the values do. They follow the CRM meanwhile."""
    fields = rows(sharing, "select * from sync.merge_field order by field_code")
    change(sharing, "NEWS", **before)
    sync_each(sharing)
    lost = lose_row(sharing, "NEWS")
    sharing.change_contact(people["kostas"], birth_date=datetime.date(1991, 6, 18))
    sync_each(sharing, 2)
    written = {MARIA: WRITTEN, ZOI: WRITTEN, KOSTAS: "06/18"}
    assert birthdays(sharing) == written
    assert last_run(sharing, CODE)["state"] == "succeeded"

    give_back(sharing, lost)
    change(sharing, "NEWS", is_active=True)
    writes = sharing.write_requests()
    sync_each(sharing, 2)

    assert sharing.write_requests() == writes
    assert (birthdays(sharing), tagged(sharing, "NEWS")) == (written, {MARIA, ZOI})
    assert rows(sharing, "select * from sync.merge_field order by field_code") == fields
    assert rows(sharing, "select * from sync.former_field") == []


def test_the_fields_of_a_lost_tag_stay_too(sharing: World, people: dict[str, int]) -> None:
    """Nobody knows its members then, and everybody stays."""
    with sharing.provider() as provider:
        list_id = audience_of(sharing)
        (tag,) = [one for one in provider.tags(list_id) if one.name.endswith("(NEWS)")]
        provider.client.lists.delete_segment(list_id, str(tag.tag_id))
    lose_row(sharing, "NEWS")
    sync_each(sharing, 2)
    assert birthdays(sharing) == dict.fromkeys((MARIA, ZOI, KOSTAS), WRITTEN)


def test_a_collection_that_keeps_nobody_keeps_no_fields(
    sharing: World, people: dict[str, int]
) -> None:
    """As the page says: its contacts leave while it is active, then it ends."""
    (news,) = sharing.crm.execute(
        "select collection_id from crm.contact_collection where code = 'NEWS'"
    ).fetchone() or (0,)
    # A guard asks about a collection that is empty.
    sharing.contact(ELENI, news, consent=None)
    for one in ("maria", "zoi"):
        sharing.leave(news, people[one])
    sync_each(sharing, 2)
    assert with_status(sharing, "subscribed") == {MARIA, KOSTAS}
    lose_row(sharing, "NEWS")

    sync_each(sharing, 2)

    found = {one: sharing.remote_fields(one, CODE).get("BIRTHDAY") for one in (MARIA, KOSTAS)}
    assert found == {MARIA: "", KOSTAS: ""}


@pytest.mark.parametrize("is_away", [False, True], ids=["synced", "inactive"])
def test_too_many_fields_name_the_collections_that_want_them(
    sharing: World, people: dict[str, int], is_away: bool
) -> None:
    sharing.crm.execute(
        "insert into crm.contact_field (code, label, data_type)"
        " select 'f' || n, 'Πεδίο ' || n, 'text' from generate_series(1, 3) as n"
    )
    change(sharing, "NEWS", is_active=not is_away)

    sync_each(sharing, options=SyncOptions(field_limit=6))

    for code in (CODE, "OFFERS"):
        blocked = last_run(sharing, code)
        assert blocked["state"] == "blocked"
        assert blocked["detail"].startswith("merge_field_limit: ")
        assert (
            "sync_merge_fields off for these collections of the audience: NEWS"
            in (blocked["detail"])
        )
        assert "OFFERS" not in blocked["detail"]
        assert "this collection" not in blocked["detail"]

    change(sharing, "NEWS", sync_merge_fields=False)
    sync_each(sharing)
    assert last_run(sharing, CODE)["state"] == "succeeded"
