"""Campaigns, made and sent in the sandbox as marketing people would do it in Mailchimp."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from local_installation.installation import InstallationError
from local_installation.mailchimp_account import MailchimpAccount
from local_installation.results import CollectionResult

#: Days that pass after the campaigns.
DAYS = 5
# Some more than usual, so that a small sample shows some.
_UNSUBSCRIBE_CHANCE = 0.02


@dataclass(frozen=True, kw_only=True)
class Mail:
    """What a campaign says.

    Attributes:
        title: as its makers call it.
        links: address and words of each, in their order.
    """

    title: str
    subject: str
    links: Sequence[tuple[str, str]]

    @property
    def html(self) -> str:
        """The mail itself."""
        anchors = "".join(f'<p><a href="{url}">{text}</a></p>' for url, text in self.links)
        return f"<html><body><h1>{self.subject}</h1>{anchors}*|UNSUB|*</body></html>"


_CAMPAIGNS = (
    (
        "NEWSLETTER",
        Mail(
            title="Νέα Νοεμβρίου",
            subject="Τα νέα του μήνα",
            links=(
                ("https://shop.example.com/nea?utm_source=newsletter", "Διαβάστε τα νέα"),
                ("https://shop.example.com/syntages", "Η συνταγή του μήνα"),
                ("https://www.example.com/επικοινωνία", "Επικοινωνία"),
            ),
        ),
    ),
    (
        "OFFERS_ATHENS",
        Mail(
            title="Προσφορές Αθήνας",
            subject="Έως 30% για λίγες ημέρες",
            links=(
                ("https://shop.example.com/prosfores?city=athina", "Όλες οι προσφορές"),
                ("https://shop.example.com/prosfores/elaiolado", "Ελαιόλαδο"),
                ("https://shop.example.com/katastimata", "Καταστήματα"),
            ),
        ),
    ),
    (
        "BOOKS_OFFERS",
        Mail(
            title="Προσφορές βιβλίων",
            subject="Βιβλία με έκπτωση",
            links=(
                ("https://books.example.com/prosfores", "Όλες οι προσφορές"),
                ("https://books.example.com/mythistorima", "Μυθιστόρημα"),
            ),
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
    account.set_behaviour(unsubscribe=_UNSUBSCRIBE_CHANCE)
    sent = []
    for code, mail in _CAMPAIGNS:
        progress(f"sending to {code}")
        place = place_of(account, results, code)
        listed = (
            account.members(place.list_id)
            if place.tag_id is None
            else account.tag_members(place.list_id, place.tag_id)
        )
        members = frozenset(row["id"] for row in listed if row["status"] == "subscribed")
        campaign_id = send_mail(account, place, mail)
        sent.append(Sent(campaign_id=campaign_id, title=mail.title, tag=place.tag, members=members))
    for day in range(1, DAYS + 1):
        progress(f"day {day} of {DAYS}")
        account.let_days_pass(1)
    return sent


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the mails of a collection go.

    Attributes:
        tag: of the collection in a shared audience, and its id; None: the whole audience.
    """

    list_id: str
    tag: str | None
    tag_id: int | None


def place_of(account: MailchimpAccount, results: Sequence[CollectionResult], code: str) -> Place:
    """Where a collection is in Mailchimp.

    Args:
        results: of the sync; says which audience belongs to which collection.

    Raises:
        InstallationError: the collection has no audience.
    """
    list_id = {row.collection_code: row.list_id for row in results}.get(code)
    if list_id is None:
        raise InstallationError(f"the collection {code} has no audience to send to")
    tag, tag_id = tag_of(account, list_id, code)
    return Place(list_id=list_id, tag=tag, tag_id=tag_id)


def send_mail(account: MailchimpAccount, place: Place, mail: Mail) -> str:
    """Send a campaign as a person would on Mailchimp's pages; gives its id."""
    return account.send_campaign(
        place.list_id,
        title=mail.title,
        subject=mail.subject,
        html=mail.html,
        from_name="Παράδειγμα",
        reply_to="news@example.com",
        tag_id=place.tag_id,
    )


def tag_of(
    account: MailchimpAccount, list_id: str, code: str
) -> tuple[str, int] | tuple[None, None]:
    """The tag of a collection in an audience, with its id; nothing if the audience is its own."""
    for name, tag_id in account.tags(list_id).items():
        if name.endswith(f"({code})"):
            return name, tag_id
    return None, None
