"""Campaigns, made and sent in the sandbox as marketing people would do it in Mailchimp."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from local_installation.installation import InstallationError
from local_installation.mailchimp_account import MailchimpAccount
from local_installation.results import CollectionResult

_DAYS = 5
# Some more than usual, so that a small sample shows some.
_UNSUBSCRIBE_CHANCE = 0.02
_CAMPAIGNS = (
    (
        "NEWSLETTER",
        "Νέα Νοεμβρίου",
        "Τα νέα του μήνα",
        (
            ("https://shop.example.com/nea?utm_source=newsletter", "Διαβάστε τα νέα"),
            ("https://shop.example.com/syntages", "Η συνταγή του μήνα"),
            ("https://www.example.com/επικοινωνία", "Επικοινωνία"),
        ),
    ),
    (
        "OFFERS_ATHENS",
        "Προσφορές Αθήνας",
        "Έως 30% για λίγες ημέρες",
        (
            ("https://shop.example.com/prosfores?city=athina", "Όλες οι προσφορές"),
            ("https://shop.example.com/prosfores/elaiolado", "Ελαιόλαδο"),
            ("https://shop.example.com/katastimata", "Καταστήματα"),
        ),
    ),
    (
        "BOOKS_OFFERS",
        "Προσφορές βιβλίων",
        "Βιβλία με έκπτωση",
        (
            ("https://books.example.com/prosfores", "Όλες οι προσφορές"),
            ("https://books.example.com/mythistorima", "Μυθιστόρημα"),
        ),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A campaign that went out.

    Attributes:
        campaign_id: Mailchimp's.
        title: as its makers call it.
        tag: of its collection in a shared audience; None: it went to a whole audience.
        members: Mailchimp's ids of the members who were subscribed there when it was sent.
    """

    campaign_id: str
    title: str
    tag: str | None
    members: frozenset[str] = field(repr=False)

    @property
    def audience_words(self) -> str:
        """Its recipients, in words."""
        return f"the members with the tag {self.tag!r}" if self.tag else "its audience"

    @property
    def recipients(self) -> int:
        """How many members it went to."""
        return len(self.members)


def send_campaigns(
    account: MailchimpAccount,
    results: Sequence[CollectionResult],
    progress: Callable[[str], None],
) -> list[Sent]:
    """Send campaigns to some collections and let days pass, so that people react.

    A collection with an audience of its own gets its campaign there. In a shared audience the
    campaign goes to the collection's tag.

    Args:
        results: of the sync; says which audience belongs to which collection.
        progress: called with what is going on.

    Raises:
        InstallationError: a collection has no audience.
    """
    lists = {row.collection_code: row.list_id for row in results}
    account.set_behaviour(unsubscribe=_UNSUBSCRIBE_CHANCE)
    sent = []
    for code, title, subject, links in _CAMPAIGNS:
        list_id = lists.get(code)
        if list_id is None:
            raise InstallationError(f"the collection {code} has no audience to send to")
        progress(f"sending to {code}")
        tag, tag_id = tag_of(account, list_id, code)
        listed = (
            account.members(list_id) if tag_id is None else account.tag_members(list_id, tag_id)
        )
        members = frozenset(row["id"] for row in listed if row["status"] == "subscribed")
        anchors = "".join(f'<p><a href="{url}">{text}</a></p>' for url, text in links)
        campaign_id = account.send_campaign(
            list_id,
            title=title,
            subject=subject,
            html=f"<html><body><h1>{subject}</h1>{anchors}*|UNSUB|*</body></html>",
            from_name="Παράδειγμα",
            reply_to="news@example.com",
            tag_id=tag_id,
        )
        sent.append(Sent(campaign_id=campaign_id, title=title, tag=tag, members=members))
    for day in range(1, _DAYS + 1):
        progress(f"day {day} of {_DAYS}")
        account.let_days_pass(1)
    return sent


def tag_of(
    account: MailchimpAccount, list_id: str, code: str
) -> tuple[str, int] | tuple[None, None]:
    """The tag of a collection in an audience, with its id; nothing if the audience is its own."""
    for name, tag_id in account.tags(list_id).items():
        if name.endswith(f"({code})"):
            return name, tag_id
    return None, None
