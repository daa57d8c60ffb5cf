"""Which alerts people got (``sync.alert``): each trouble is sent once, and so is its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from psycopg import Connection

from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.runs.alert_messages import (
    Message,
    SentAlert,
    Trouble,
    write_message,
    write_over,
)

#: Delivers a message, and says whether anybody got it.
Send = Callable[[Message], bool]

#: For so long runs try to say that a trouble is over. The page shows the alert meanwhile.
_SAY_OVER_FOR = timedelta(days=1)


def tell(
    warehouse: Connection[Any],
    troubles: Sequence[Trouble],
    repeat_after: timedelta,
    send: Send,
    message: Message | None = None,
) -> list[Trouble]:
    """Send the troubles that nobody heard of lately; returns these; commits.

    Args:
        warehouse: the warehouse.
        troubles: all that there are.
        repeat_after: a trouble that goes on is sent again after so long.
        send: delivers the message. Nothing is noted where nobody got it.
        message: what to send; None: one about the troubles.
    """
    sent = {
        (alert.collection_code, alert.state): alert.reason
        for alert in read_rows(
            warehouse,
            SentAlert,
            # An alert in the future was noted by a clock that was ahead.
            "select collection_code, state, reason from sync.alert"
            " where sent_at between now() - %s and now() + interval '1 minute'",
            (repeat_after,),
        )
    }
    due = [
        trouble
        for trouble in troubles
        if sent.get((trouble.collection_code, trouble.state)) != trouble.reason
    ]
    warehouse.commit()
    if not due or not send(message or write_message(due)):
        return []
    for trouble in due:
        warehouse.execute(
            statement("sync/remember_alert"),
            {
                "collection_code": trouble.collection_code,
                "state": trouble.state,
                "reason": trouble.reason,
            },
        )
    warehouse.commit()
    return due


def tell_over(
    warehouse: Connection[Any],
    states: Sequence[str],
    codes: Sequence[str] | None,
    troubles: Sequence[Trouble],
    send: Send,
    *,
    until_heard: bool = False,
) -> None:
    """Say which troubles are over, and forget their alerts, so that a relapse is sent; commits.

    Args:
        warehouse: the warehouse.
        states: of troubles that were looked for.
        codes: collections that were looked at; None: all.
        troubles: those that go on.
        send: delivers the message.
        until_heard: where nobody can be reached, try again at each run without an end.
    """
    present = {(trouble.collection_code, trouble.state) for trouble in troubles}
    known = read_rows(
        warehouse,
        SentAlert,
        "select collection_code, state, reason from sync.alert"
        " where state = any(%(states)s::text[])"
        " and (%(codes)s::text[] is null or collection_code = any(%(codes)s::text[]))"
        " order by 1, 2",
        {"states": list(states), "codes": None if codes is None else list(codes)},
    )
    warehouse.commit()
    over = [alert for alert in known if (alert.collection_code, alert.state) not in present]
    if not over:
        return
    message = write_over(over, troubles)
    is_heard = send(message)
    for alert in over:
        goes_on = any(alert.collection_code == trouble.collection_code for trouble in troubles)
        warehouse.execute(
            "delete from sync.alert where collection_code = %s and state = %s"
            " and (%s or (not %s and sent_at < now() - %s))",
            (alert.collection_code, alert.state, is_heard or goes_on, until_heard, _SAY_OVER_FOR),
        )
    warehouse.commit()


def forget(warehouse: Connection[Any], state: str, troubles: Sequence[Trouble]) -> None:
    """Forget alerts of troubles that are over, without a word."""
    warehouse.execute(
        statement("sync/forget_alerts"),
        {"state": state, "codes": [trouble.collection_code for trouble in troubles]},
    )
