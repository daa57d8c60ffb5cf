"""The proof of consent ends with the collection's tag, by hand or by a call without an answer."""

from __future__ import annotations

from pathlib import Path

from crm_mailchimp.mailchimp.retries import Retry
from sharing_world import NAME, by_hand, last_run, rows, sync_each, tagged
from sync_world import World

MARIA = "maria@galaxy.gr"
MIGRATION = (
    Path(__file__).parents[3] / "sql" / "migrations" / "0053_tags_taken_after_a_loss.sql"
).read_text(encoding="utf-8")


def fill(world: World) -> int:
    """Maria is in two collections of one audience; id of her contact."""
    both = [world.collection(code, shared_audience=NAME) for code in ("ΝΕΑ", "ΒΙΒΛΙΑ")]
    maria = world.contact(MARIA, *both, first_name="Μαρία")
    world.contact("zoi@galaxy.gr", *both, first_name="Ζωή")
    sync_each(world, 2)
    return maria


def proofs(world: World, contact_id: int) -> list[tuple[str, str | None]]:
    """Collection and end of each proof of a contact, in their order."""
    found = rows(
        world,
        "select collection_code as code, end_cause as cause from sync.consent_proof"
        " where contact_id = %s order by code, proof_id",
        contact_id,
    )
    return [(row["code"], row["cause"]) for row in found]


def test_it_ends_and_another_begins_when_the_tag_is_given_back(sharing: World) -> None:
    maria = fill(sharing)
    assert proofs(sharing, maria) == [("ΒΙΒΛΙΑ", None), ("ΝΕΑ", None)]

    by_hand(sharing, "ΝΕΑ", MARIA, "taken")
    sync_each(sharing, 2)
    assert proofs(sharing, maria) == [("ΒΙΒΛΙΑ", None), ("ΝΕΑ", "tag_taken")]

    by_hand(sharing, "ΝΕΑ", MARIA, "given")
    sync_each(sharing, 2)
    assert proofs(sharing, maria) == [("ΒΙΒΛΙΑ", None), ("ΝΕΑ", "tag_taken"), ("ΝΕΑ", None)]


def test_it_ends_where_no_answer_came_to_the_call_that_took_the_tag(sharing: World) -> None:
    maria = fill(sharing)
    (tag,) = rows(sharing, "select * from sync.tag where collection_code = 'ΝΕΑ'")
    sharing.leave(tag["collection_id"], maria)
    sharing.retry = Retry(attempts=1)
    sharing.calls.reset(before=lambda call: call.startswith("POST ") and "/segments/" in call)
    sync_each(sharing)
    assert last_run(sharing, "ΝΕΑ")["state"] == "failed"
    assert tagged(sharing, "ΝΕΑ") == {"zoi@galaxy.gr"}
    sharing.calls.reset()

    sync_each(sharing)

    assert proofs(sharing, maria) == [("ΒΙΒΛΙΑ", None), ("ΝΕΑ", "left_collection")]
    sharing.join(tag["collection_id"], maria)
    sync_each(sharing)
    assert proofs(sharing, maria) == [
        ("ΒΙΒΛΙΑ", None), ("ΝΕΑ", "left_collection"), ("ΝΕΑ", None),
    ]  # fmt: skip


def test_it_ends_for_who_left_while_the_tag_was_deleted(sharing: World) -> None:
    maria = fill(sharing)
    (tag,) = rows(sharing, "select * from sync.tag where collection_code = 'ΝΕΑ'")
    with sharing.provider() as provider:
        provider.client.lists.delete_segment(tag["list_id"], str(tag["tag_id"]))
    sharing.leave(tag["collection_id"], maria)

    sync_each(sharing, 2)

    assert tagged(sharing, "ΝΕΑ") == {"zoi@galaxy.gr"}
    assert proofs(sharing, maria) == [("ΒΙΒΛΙΑ", None), ("ΝΕΑ", "left_collection")]
    open_ones = rows(sharing, "select * from sync.consent_proof where ended_at is null")
    assert len(open_ones) == 3, "Zoi has both, Maria one"


def test_the_migration_ends_those_of_earlier_versions(sharing: World) -> None:
    maria = fill(sharing)
    by_hand(sharing, "ΝΕΑ", MARIA, "taken")
    sync_each(sharing)
    sharing.warehouse.execute("update sync.consent_proof set ended_at = null, end_cause = null")

    *_, ends_proofs, _ = MIGRATION.split(";")
    sharing.warehouse.execute(ends_proofs)

    assert proofs(sharing, maria) == [("ΒΙΒΛΙΑ", None), ("ΝΕΑ", "tag_taken")]
