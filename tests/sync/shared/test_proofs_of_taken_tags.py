"""The proof of consent ends when somebody takes the collection's tag by hand."""

from __future__ import annotations

from pathlib import Path

from sharing_world import NAME, by_hand, rows, sync_each
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


def test_the_migration_ends_those_of_earlier_versions(sharing: World) -> None:
    maria = fill(sharing)
    by_hand(sharing, "ΝΕΑ", MARIA, "taken")
    sync_each(sharing)
    sharing.warehouse.execute("update sync.consent_proof set ended_at = null, end_cause = null")

    *_, ends_proofs, _ = MIGRATION.split(";")
    sharing.warehouse.execute(ends_proofs)

    assert proofs(sharing, maria) == [("ΒΙΒΛΙΑ", None), ("ΝΕΑ", "tag_taken")]
