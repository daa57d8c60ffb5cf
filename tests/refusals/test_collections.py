"""A refusal outlives its audience, and the collection's id and code."""

from __future__ import annotations

import pytest

from refusals.story import Story, is_one_clear_line


def audiences(story: Story) -> dict[str, str]:
    """Id → name of everything that the account holds."""
    with story.provider() as provider:
        return {one.list_id: one.settings.name for one in provider.audiences()}


@pytest.fixture
def eleni(story: Story) -> int:
    """Unsubscribed in NEWS's own audience; Anna did not."""
    news = story.collection(description="Τα νέα μας")
    eleni = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    story.act("eleni@mail.gr", "unsubscribe")
    story.synced()
    return eleni


def club(story: Story, list_id: str, *people: int) -> int:
    """Another collection, which takes an audience."""
    club = story.collection("CLUB", description="Η λέσχη μας", provider_list_id=list_id)
    story.contact("zoe@mail.gr", club, first_name="Ζωή")
    for contact in people:
        story.join(club, contact)
    return club


# ---- every collection that uses the audience


def test_another_collection_uses_the_old_audience(story: Story, eleni: int) -> None:
    first = story.list_id()
    story.link("NEWS", story.audience_by_hand("Καινούργια λίστα"))
    story.synced()
    assert story.reason(eleni) == "suppressed_unsubscribed"
    club(story, first)
    story.synced("CLUB")

    story.synced()

    assert "eleni@mail.gr" not in story.remote()
    assert story.reason(eleni) == "suppressed_unsubscribed"
    assert story.send() == {"anna@mail.gr"}
    story.move(eleni, "eleni.nea@mail.gr")
    story.synced("CLUB", "NEWS")
    assert story.reason(eleni) == "suppressed_unsubscribed"
    assert story.send() == {"anna@mail.gr"}


def test_who_takes_it_takes_its_refusals_and_keeps_them(story: Story, eleni: int) -> None:
    """CLUB takes NEWS's audience, leaves it again, and the person moves: held back in both."""
    first = story.list_id()
    story.link("NEWS", story.audience_by_hand("Καινούργια λίστα"))
    story.synced()
    club(story, first, eleni)
    story.synced("CLUB")
    assert story.reason(eleni, "CLUB") == "suppressed_unsubscribed"
    assert story.send("CLUB") == {"zoe@mail.gr"}
    story.link("CLUB", story.audience_by_hand("Λίστα της λέσχης"))
    story.move(eleni, "eleni.nea@mail.gr")

    story.synced("CLUB", "NEWS")

    for code in ("CLUB", "NEWS"):
        assert story.reason(eleni, code) == "suppressed_unsubscribed"
    assert story.send("CLUB") == {"zoe@mail.gr"}
    assert story.send("NEWS") == {"anna@mail.gr"}


def test_two_collections_swap_their_audiences(story: Story, eleni: int) -> None:
    first = story.list_id()
    second = story.collection("CLUB", description="Η λέσχη μας")
    story.contact("zoe@mail.gr", second, first_name="Ζωή")
    maria = story.contact("maria@mail.gr", second, first_name="Μαρία")
    story.join(second, eleni)
    story.synced("CLUB")
    story.act("maria@mail.gr", "unsubscribe", "CLUB")
    story.synced("CLUB", "NEWS")
    other = story.list_id("CLUB")
    assert story.reason(eleni, "CLUB") is None

    # By way of a third one, as an audience serves one collection at a time.
    story.link("NEWS", story.audience_by_hand("Ενδιάμεση λίστα"))
    story.synced("NEWS")
    story.link("CLUB", first)
    story.synced("CLUB")
    story.link("NEWS", other)
    story.synced("NEWS")
    story.join(story.collections["NEWS"], maria)
    story.move(eleni, "eleni.nea@mail.gr")
    story.move(maria, "maria.nea@mail.gr")
    story.synced("CLUB", "NEWS")

    for code in ("CLUB", "NEWS"):
        assert story.reasons(code) == {
            eleni: {"suppressed_unsubscribed"}, maria: {"suppressed_unsubscribed"},
        }  # fmt: skip
    assert story.send("NEWS") == {"anna@mail.gr"}
    assert story.send("CLUB") == {"zoe@mail.gr"}


def test_what_happens_there_later_is_the_new_users(story: Story, eleni: int) -> None:
    """Anna unsubscribes from CLUB's mail in the audience that NEWS left: NEWS may mail her."""
    first = story.list_id()
    anna = story.member("anna@mail.gr")["contact_id"]
    story.link("NEWS", story.audience_by_hand("Καινούργια λίστα"))
    story.synced()
    club(story, first, anna)
    story.synced("CLUB", "NEWS")
    story.acts(first, "anna@mail.gr", "unsubscribe")
    story.synced("CLUB", "NEWS")
    story.move(anna, "anna.nea@mail.gr")

    story.synced("CLUB", "NEWS")

    assert story.reasons("CLUB") == {anna: {"suppressed_unsubscribed"}}
    assert story.reasons("NEWS") == {eleni: {"suppressed_unsubscribed"}}
    assert story.send("CLUB") == {"zoe@mail.gr"}
    assert story.send("NEWS") == {"anna.nea@mail.gr"}


def test_refused_in_an_audience_that_was_left(story: Story, eleni: int) -> None:
    """Nobody took it, and old mail is still there to unsubscribe from."""
    first = story.list_id()
    anna = story.member("anna@mail.gr")["contact_id"]
    zoe = story.contact("zoe@mail.gr", story.collections["NEWS"], first_name="Ζωή")
    story.link("NEWS", story.audience_by_hand("Καινούργια λίστα"))
    story.synced()
    assert story.send() == {"anna@mail.gr", "zoe@mail.gr"}
    story.acts(first, "anna@mail.gr", "unsubscribe")
    story.synced()
    assert story.reason(anna) == "suppressed_unsubscribed"

    story.move(anna, "anna.nea@mail.gr")
    story.synced()

    assert story.reasons() == {
        eleni: {"suppressed_unsubscribed"}, anna: {"suppressed_unsubscribed"},
    }  # fmt: skip
    assert zoe not in story.reasons()
    assert story.send() == {"zoe@mail.gr"}


@pytest.mark.parametrize("forgotten", [False, True])
def test_the_audience_is_deleted_in_mailchimp(story: Story, eleni: int, forgotten: bool) -> None:
    """A new one is made; who had refused is held back there, under any address."""
    with story.provider() as provider:
        provider.client.lists.delete_list(story.list_id())
    assert story.blocked().startswith("audience_deleted")
    story.says("retire", "NEWS")
    if forgotten:
        story.move(eleni, "eleni.nea@mail.gr")
    story.synced()
    story.move(eleni, "eleni.triti@mail.gr")
    story.synced()

    assert story.reason(eleni) == "suppressed_unsubscribed"
    assert story.send() == {"anna@mail.gr"}


# ---- a collection that comes back under another id


def test_a_code_in_use_under_a_new_id(story: Story, eleni: int) -> None:
    """Nothing is made and nobody is asked anything; a person decides."""
    before, known = story.dump(), audiences(story)
    story.reimport_collection("NEWS", 77)

    options: dict[str, bool]
    for options in ({}, {"full_refresh": True}, {"dry_run": True}):
        mark = story.mark()
        result = story.sync(["NEWS"], **options)["NEWS"]
        assert (result.state, story.requests_since(mark)) == ("blocked", [])
        assert (result.detail or "").startswith("collection_replaced")
        assert "same-collection" in (result.detail or "")
        assert "new-collection" in (result.detail or "")

    assert (story.dump(), audiences(story)) == (before, known)
    # A campaign of the new id waits: nobody has said whose it is.
    _, result = story.try_to_send()
    assert result.outcome != "sent"
    assert result.detail
    assert story.sent_to() == []


def test_it_is_the_same_collection(story: Story, eleni: int) -> None:
    first, known = story.list_id(), audiences(story)
    story.reimport_collection("NEWS", 77)
    assert story.blocked().startswith("collection_replaced")

    assert story.says("same-collection", "NEWS").count("\n") == 1
    before = story.dump()
    story.synced()

    assert story.list_id() == first
    assert audiences(story) == known
    after = story.dump()
    assert after[first]["members"] == before[first]["members"]
    assert story.reason(eleni) == "suppressed_unsubscribed"
    assert story.send() == {"anna@mail.gr"}
    story.move(eleni, "eleni.nea@mail.gr")
    story.synced()
    assert story.reason(eleni) == "suppressed_unsubscribed"
    assert story.send() == {"anna@mail.gr"}
    # It is found again by its mark, under the new id, when the ledger is lost.
    story.forget_ledger()
    story.synced()
    assert story.list_id() == first
    assert story.send() == {"anna@mail.gr"}


def test_it_is_a_new_collection(story: Story, eleni: int) -> None:
    """An audience of its own; the refusals of the old one hold for it."""
    first = story.list_id()
    anna = story.member("anna@mail.gr")["contact_id"]
    zoe = story.contact("zoe@mail.gr", story.collections["NEWS"], first_name="Ζωή")
    story.synced()
    story.withdraw(zoe)
    story.synced()
    story.regrant(zoe)
    before = story.dump()[first]["members"]
    story.reimport_collection("NEWS", 77)
    assert story.blocked().startswith("collection_replaced")

    assert story.says("new-collection", "NEWS").count("\n") == 1
    story.synced()

    assert story.list_id() != first
    assert story.dump()[first]["members"] == before
    assert story.remote() == {"anna@mail.gr": "subscribed", "zoe@mail.gr": "pending"}
    assert story.reasons() == {eleni: {"suppressed_unsubscribed"}, zoe: {"suppressed_pending"}}
    assert story.send() == {"anna@mail.gr"}
    story.move(eleni, "eleni.nea@mail.gr")
    story.move(zoe, "zoe.nea@mail.gr")
    story.move(anna, "anna.nea@mail.gr")
    story.synced()
    assert story.reasons() == {eleni: {"suppressed_unsubscribed"}, zoe: {"suppressed_pending"}}
    assert story.send() == {"anna.nea@mail.gr"}


def test_loaded_again_twice(story: Story, eleni: int) -> None:
    """The second id is decided upon like the first."""
    for new_id in (77, 78):
        story.reimport_collection("NEWS", new_id)
        assert story.blocked().startswith("collection_replaced")
        story.says("same-collection", "NEWS")
        story.synced()
    story.reimport_collection("NEWS", 79)
    assert story.blocked().startswith("collection_replaced")
    story.says("new-collection", "NEWS")
    story.move(eleni, "eleni.nea@mail.gr")
    story.synced()

    assert story.reason(eleni) == "suppressed_unsubscribed"
    assert story.send() == {"anna@mail.gr"}


def test_the_old_id_is_still_there_with_the_same_code(story: Story, eleni: int) -> None:
    """A contract made of views may show both for a while."""
    story.crm.execute(
        "alter table crm.contact_collection drop constraint contact_collection_code_key"
    )
    story.crm.execute(
        "insert into crm.contact_collection select (t).* from (select jsonb_populate_record("
        "c, '{\"collection_id\": 77}') as t from crm.contact_collection as c where code = 'NEWS') x"
    )
    before = story.dump()

    results = story.sync()

    assert any(
        result.state == "blocked" and (result.detail or "").startswith("collection_replaced")
        for result in results.values()
    )
    assert story.dump() == before


def test_two_collections_swap_their_codes(story: Story, eleni: int) -> None:
    """Both ids are known: each goes on with its audience under the other's code."""
    second = story.collection("CLUB", description="Η λέσχη μας")
    story.contact("zoe@mail.gr", second, first_name="Ζωή")
    story.synced("CLUB", "NEWS")
    lists = story.list_id("NEWS"), story.list_id("CLUB")
    for old, new in (("NEWS", "X"), ("CLUB", "NEWS"), ("X", "CLUB")):
        story.change_collection(old, code=new)

    story.synced("CLUB", "NEWS")

    assert (story.list_id("CLUB"), story.list_id("NEWS")) == lists
    assert story.reason(eleni, "CLUB") == "suppressed_unsubscribed"
    assert story.send("CLUB") == {"anna@mail.gr"}
    assert story.send("NEWS") == {"zoe@mail.gr"}


def test_a_code_that_is_given_to_another_collection(story: Story, eleni: int) -> None:
    """The old one is still there under another code: nothing is replaced. It is another
    collection, from which nobody has unsubscribed."""
    first = story.list_id()
    story.change_collection("NEWS", code="OLD", description="Τα παλιά νέα")
    story.synced("OLD")
    fresh = story.collection("NEWS", description="Τα νέα μας")
    story.join(fresh, eleni)

    story.synced("OLD", "NEWS")

    assert story.list_id("OLD") == first != story.list_id("NEWS")
    assert story.reason(eleni, "OLD") == "suppressed_unsubscribed"
    assert story.send("OLD") == {"anna@mail.gr"}
    assert story.send("NEWS") == {"eleni@mail.gr"}


@pytest.mark.parametrize("command", ["same-collection", "new-collection"])
def test_there_is_nothing_to_decide(story: Story, eleni: int, command: str) -> None:
    for code in ("NEWS", "ΑΓΝΩΣΤΗ"):
        done = story.command(command, "--collection", code)
        assert is_one_clear_line(done), (done.stdout, done.stderr)
        assert code in done.stderr
        assert "No collection waits for a decision" in done.stderr
    story.synced()
    assert story.send() == {"anna@mail.gr"}


def test_a_wrong_code_names_the_collections_that_wait(story: Story, eleni: int) -> None:
    story.reimport_collection("NEWS", 7000)
    assert story.blocked().startswith("collection_replaced")
    done = story.command("same-collection", "--collection", "ΑΓΝΩΣΤΗ")
    assert is_one_clear_line(done)
    assert "For a decision wait: NEWS" in done.stderr


@pytest.mark.parametrize("command", ["same-collection", "new-collection", "take-over"])
def test_help_and_wrong_words(story: Story, command: str) -> None:
    helped = story.command(command, "--help")
    assert helped.returncode == 0
    assert "--collection" in helped.stdout
    assert story.command(command).returncode != 0
