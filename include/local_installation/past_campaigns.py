"""Which campaigns went out in the year before the demo: when, to which collection, with what in it.

Days are counted from today, so a demo of any day has the same past. Each series has days and hours
of its own, so that times of sending differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from local_installation.campaign_story import Mail

#: In which the campaigns were planned.
TIME_ZONE = ZoneInfo("Europe/Athens")
_MONTHS = (
    *("Ιανουαρίου", "Φεβρουαρίου", "Μαρτίου", "Απριλίου", "Μαΐου", "Ιουνίου"),
    *("Ιουλίου", "Αυγούστου", "Σεπτεμβρίου", "Οκτωβρίου", "Νοεμβρίου", "Δεκεμβρίου"),
)


@dataclass(frozen=True, kw_only=True)
class PastCampaign:
    """A campaign of the past.

    Attributes:
        code: of the collection that it goes to.
        sent_at: when it goes out.
        is_hurried: it comes soon after the campaign before it.
    """

    code: str
    sent_at: datetime
    is_hurried: bool
    mail: Mail


@dataclass(frozen=True, kw_only=True)
class _Series:
    """Campaigns to one collection.

    Attributes:
        first_weeks_ago: week of the first campaign.
        last_weeks_ago: no campaign after this week; by default the story goes on from there.
        every_weeks: from one campaign to the next.
        times: weekdays (1 Monday to 7 Sunday) with an hour and a minute, one after the other.
        links: the first is in each mail, and the others take turns.
    """

    code: str
    name: str
    first_weeks_ago: int
    every_weeks: int
    times: Sequence[tuple[int, int, int]]
    subjects: Sequence[str]
    links: Sequence[tuple[str, str]]
    last_weeks_ago: int = 2


#: Links of one mail.
_LINKS = 3
_SERIES = (
    _Series(
        code="NEWSLETTER",
        name="Νέα",
        first_weeks_ago=56,
        every_weeks=3,
        times=((2, 10, 0), (4, 9, 0), (7, 19, 0), (2, 10, 0), (3, 13, 30), (4, 18, 0)),
        subjects=(
            "Τι νέο υπάρχει στα καταστήματα",
            "Η συνταγή της εποχής",
            "Πώς φτιάχνεται το λάδι μας",
            "Οι παραγωγοί μας με δικά τους λόγια",
        ),
        links=(
            ("https://shop.example.com/nea?utm_source=newsletter", "Διαβάστε τα νέα"),
            ("https://shop.example.com/syntages", "Η συνταγή του μήνα"),
            ("https://blog.example.com/elaiolado", "Από την ελιά στο λάδι"),
            ("https://blog.example.com/paragogoi", "Οι παραγωγοί μας"),
            ("https://www.example.com/επικοινωνία", "Επικοινωνία"),
        ),
    ),
    _Series(
        code="SERVICE",
        name="Ανακοίνωση",
        first_weeks_ago=48,
        every_weeks=14,
        times=((1, 8, 30), (3, 8, 30)),
        subjects=("Νέο ωράριο καταστημάτων", "Αλλαγή στους όρους παραγγελιών"),
        links=(
            ("https://www.example.com/orario", "Ωράριο"),
            ("https://www.example.com/oroi", "Όροι"),
        ),
    ),
    _Series(
        code="OFFERS_ATHENS",
        name="Προσφορές Αθήνας",
        first_weeks_ago=50,
        every_weeks=4,
        times=((5, 12, 0), (6, 10, 0), (5, 17, 30), (1, 9, 0)),
        subjects=("Έως 30% για λίγες ημέρες", "Δύο στην τιμή του ενός", "Τελευταία κομμάτια"),
        links=(
            ("https://shop.example.com/prosfores?city=athina", "Όλες οι προσφορές"),
            ("https://shop.example.com/prosfores/elaiolado", "Ελαιόλαδο"),
            ("https://shop.example.com/prosfores/meli", "Μέλι"),
            ("https://shop.example.com/katastimata", "Καταστήματα"),
        ),
    ),
    _Series(
        code="OFFERS_ATHENS",
        name="Εκπτώσεις Αθήνας",
        first_weeks_ago=21,
        last_weeks_ago=18,
        every_weeks=1,
        times=((4, 9, 0),),
        subjects=("Οι εκπτώσεις άρχισαν", "Νέες μειώσεις", "Τελευταίες ημέρες εκπτώσεων"),
        links=(
            ("https://shop.example.com/ekptoseis", "Εκπτώσεις"),
            ("https://shop.example.com/katastimata", "Καταστήματα"),
        ),
    ),
    _Series(
        code="LOYALTY",
        name="Οι πόντοι σας",
        first_weeks_ago=44,
        every_weeks=6,
        times=((1, 11, 0), (3, 20, 0)),
        subjects=("Οι πόντοι σας αυτόν τον μήνα", "Ένα δώρο σάς περιμένει"),
        links=(
            ("https://loyalty.example.com/pontoi", "Οι πόντοι μου"),
            ("https://loyalty.example.com/dora", "Δώρα"),
        ),
    ),
    _Series(
        code="OFFERS_ENGLISH",
        name="Offers",
        first_weeks_ago=36,
        every_weeks=8,
        times=((4, 16, 0), (6, 11, 0)),
        subjects=("Up to 20 % off", "New in our shops"),
        links=(
            ("https://shop.example.com/en/offers", "All offers"),
            ("https://shop.example.com/en/shops", "Shops"),
        ),
    ),
    _Series(
        code="BOOKS",
        name="Νέα βιβλία",
        first_weeks_ago=30,
        every_weeks=5,
        times=((7, 11, 0), (3, 18, 0)),
        subjects=("Τα βιβλία του μήνα", "Τι διαβάζουμε τώρα"),
        links=(
            ("https://books.example.com/nea", "Νέες εκδόσεις"),
            ("https://books.example.com/mythistorima", "Μυθιστόρημα"),
            ("https://books.example.com/istoria", "Ιστορία"),
        ),
    ),
    _Series(
        code="BOOKS_OFFERS",
        name="Προσφορές βιβλίων",
        first_weeks_ago=19,
        every_weeks=5,
        times=((5, 13, 0), (6, 18, 30)),
        subjects=("Βιβλία με έκπτωση",),
        links=(
            ("https://books.example.com/prosfores", "Όλες οι προσφορές"),
            ("https://books.example.com/mythistorima", "Μυθιστόρημα"),
        ),
    ),
)


def past_campaigns(today: date) -> list[PastCampaign]:
    """The campaigns of the past, oldest first.

    Args:
        today: in the time zone of this module.
    """
    planned = [campaign for series in _SERIES for campaign in _campaigns_of(series, today)]
    return sorted(planned, key=lambda campaign: (campaign.sent_at, campaign.code))


def _campaigns_of(series: _Series, today: date) -> Iterator[PastCampaign]:
    monday = today - timedelta(days=today.weekday())
    weeks = range(series.first_weeks_ago, series.last_weeks_ago - 1, -series.every_weeks)
    for number, weeks_ago in enumerate(weeks):
        weekday, hour, minute = series.times[number % len(series.times)]
        day = monday + timedelta(weeks=-weeks_ago, days=weekday - 1)
        more = series.links[1:]
        yield PastCampaign(
            code=series.code,
            is_hurried=series.every_weeks == 1 and number > 0,
            sent_at=datetime.combine(day, time(hour, minute), TIME_ZONE),
            mail=Mail(
                title=f"{series.name}, {day.day} {_MONTHS[day.month - 1]} {day.year}",
                subject=series.subjects[number % len(series.subjects)],
                links=[
                    series.links[0],
                    *(more[(number + n) % len(more)] for n in range(min(_LINKS - 1, len(more)))),
                ],
            ),
        )
