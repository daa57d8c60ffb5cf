"""Two campaigns, made and sent in the sandbox as marketing people would do it in Mailchimp."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A campaign that went out.

    Attributes:
        campaign_id: Mailchimp's.
        title: as its makers call it.
        recipients: members who were subscribed when it was sent.
    """

    campaign_id: str
    title: str
    recipients: int


def send_campaigns(
    account: MailchimpAccount,
    results: Sequence[CollectionResult],
    progress: Callable[[str], None],
) -> list[Sent]:
    """Send a campaign to two audiences and let days pass, so that people react.

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
        recipients = sum(1 for _ in account.members(list_id, "subscribed"))
        anchors = "".join(f'<p><a href="{url}">{text}</a></p>' for url, text in links)
        campaign_id = account.send_campaign(
            list_id,
            title=title,
            subject=subject,
            html=f"<html><body><h1>{subject}</h1>{anchors}*|UNSUB|*</body></html>",
            from_name="Παράδειγμα",
            reply_to="news@example.com",
        )
        sent.append(Sent(campaign_id=campaign_id, title=title, recipients=recipients))
    for day in range(1, _DAYS + 1):
        progress(f"day {day} of {_DAYS}")
        account.let_days_pass(1)
    return sent
