"""Parts of A/B tests are no campaigns, whatever list of Mailchimp's names them.

A part's mails, recipients and events are read and counted with its whole test. Its own figures are
in ``stats.sub_report_snapshots``. Mailchimp's description (OpenAPI, 3.0.55) calls parts child
campaigns with ids of their own. It does not say that the lists of campaigns and reports leave them
out.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from psycopg import sql

from crm_mailchimp.rows import read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.warehouse.locks import named_lock

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)


def leave_out_parts(connection: Connection[Any], landing: str) -> None:
    """Take the parts that are known out of a list that was landed.

    Args:
        connection: the warehouse; the caller loads and commits, in the same transaction.
        landing: temporary table with a column ``campaign_id``.
    """
    connection.execute(
        sql.SQL(
            "delete from {} as landed using stats.campaign_part as part"
            " where landed.campaign_id = part.part_id"
        ).format(sql.Identifier(landing))
    )


def remove_parts(connection: Connection[Any]) -> None:
    """Learn what is a part, and remove what was taken for a campaign before; commits.

    It waits for a task that reads such a part now, or that counts the marts.
    """
    connection.execute(statement("stats/note_parts"))
    part_ids = read_values(connection, str, statement("stats/parts_taken_for_campaigns"))
    connection.commit()
    for part_id in part_ids:
        with ExitStack() as held:
            for name in (f"campaign reports:{part_id}", "marts"):
                held.enter_context(named_lock(connection, name))
            connection.execute(statement("stats/remove_part"), {"part_id": part_id})
            connection.commit()
        log.info("campaign %s is part of an A/B test: what was read of it is its whole's", part_id)
