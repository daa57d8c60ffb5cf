"""A collection that cannot be synced stops none of those that share its audience."""

from __future__ import annotations

from sharing_world import CODE, NAME, audience_of, change, last_run, tagged, with_status
from stats.sandbox_world import SETTINGS
from sync_world import World

MARIA, ZOI = "maria@galaxy.gr", "zoi@galaxy.gr"


def audience_by_hand(world: World) -> str:
    """Somebody makes an empty audience in Mailchimp."""
    with world.provider() as provider:
        return provider.create_audience(SETTINGS).list_id


def test_its_marketing_permission_is_in_conflict_with_nobodys(gdpr: World) -> None:
    news = gdpr.collection("NEWS", shared_audience=NAME, marketing_permission="Email")
    offers = gdpr.collection("OFFERS", shared_audience=NAME, campaign_type=None)
    gdpr.contact(MARIA, news)
    gdpr.contact(ZOI, offers)

    assert gdpr.sync()[CODE].state == "succeeded"

    assert tagged(gdpr, "NEWS") == with_status(gdpr, "subscribed") == {MARIA}
    assert last_run(gdpr, "NEWS")["state"] == "succeeded"
    assert last_run(gdpr, "OFFERS")["state"] == "blocked"
    assert not (last_run(gdpr, "OFFERS")["detail"] or "").startswith("shared_audience_conflict")

    change(gdpr, "OFFERS", campaign_type="NEWS")
    gdpr.sync()

    for code in (CODE, "NEWS", "OFFERS"):
        assert (last_run(gdpr, code)["detail"] or "").startswith("shared_audience_conflict: ")
    assert with_status(gdpr, "subscribed") == {MARIA}


def test_the_audience_that_it_names_counts_if_no_other_names_any(gdpr: World) -> None:
    """Its people and the others' are in one audience before it breaks, and after."""
    theirs = audience_by_hand(gdpr)
    news = gdpr.collection("NEWS", shared_audience=NAME)
    gdpr.collection("OFFERS", shared_audience=NAME, provider_list_id=theirs, campaign_type=None)
    gdpr.contact(MARIA, news)

    assert gdpr.sync()[CODE].state == "succeeded"

    assert audience_of(gdpr) == theirs
    assert with_status(gdpr, "subscribed") == {MARIA}


def test_the_audience_that_it_names_counts_beside_no_other(gdpr: World) -> None:
    ours, theirs = audience_by_hand(gdpr), audience_by_hand(gdpr)
    news = gdpr.collection("NEWS", shared_audience=NAME, provider_list_id=ours)
    gdpr.collection("OFFERS", shared_audience=NAME, provider_list_id=theirs, campaign_type=None)
    gdpr.contact(MARIA, news)

    assert gdpr.sync()[CODE].state == "succeeded"

    assert (audience_of(gdpr), gdpr.sync()[CODE].state) == (ours, "succeeded")
    assert with_status(gdpr, "subscribed") == {MARIA}

    change(gdpr, "OFFERS", campaign_type="NEWS")

    assert gdpr.sync()[CODE].state == "blocked"
    assert last_run(gdpr, "NEWS")["detail"].startswith("shared_audience_conflict: ")


def test_two_broken_ones_that_name_different_audiences_stop_the_others(gdpr: World) -> None:
    """Nobody knows which audience is meant, and people must not be added to a wrong one."""
    news = gdpr.collection("NEWS", shared_audience=NAME)
    for code in ("OFFERS", "CLUB"):
        gdpr.collection(
            code,
            shared_audience=NAME,
            provider_list_id=audience_by_hand(gdpr),
            campaign_type=None,
        )
    gdpr.contact(MARIA, news)

    assert gdpr.sync()[CODE].state == "blocked"

    assert last_run(gdpr, "NEWS")["detail"].startswith("shared_audience_conflict: ")
    change(gdpr, "CLUB", provider_list_id=None)
    assert gdpr.sync()[CODE].state == "succeeded"
    assert with_status(gdpr, "subscribed") == {MARIA}


def test_case_and_spaces_of_a_marketing_permission_are_in_no_conflict(gdpr: World) -> None:
    """As in the text of the audience; another text, or none, is one, and the words say whose."""
    news = gdpr.collection("NEWS", shared_audience=NAME, marketing_permission="Ηλεκτρονικό e-mail")
    gdpr.collection("OFFERS", shared_audience=NAME, marketing_permission=" ηλεκτρονικό  E-mail")
    gdpr.contact(MARIA, news)

    assert gdpr.sync()[CODE].state == "succeeded"
    assert with_status(gdpr, "subscribed") == {MARIA}

    for other, words in (("Τηλέφωνο", "Τηλέφωνο"), (None, "none")):
        change(gdpr, "OFFERS", marketing_permission=other)
        gdpr.sync()
        detail = last_run(gdpr, CODE)["detail"] or ""
        assert detail.startswith("shared_audience_conflict: ")
        assert f"(NEWS: Ηλεκτρονικό e-mail, OFFERS: {words})" in detail
