"""Clicks that are probably of scanners: programs of mail gateways that follow the links of a mail.

A campaign is judged by itself, after its events were read. It is judged again if the limits in
``mart.segment_rule`` or its time of sending change. Triggers note such campaigns in
``mart.unjudged_campaign``. ``docs/stats.md`` describes the rules.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from crm_mailchimp.rows import read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.warehouse.key_lookups import hash_joins_now
from crm_mailchimp.warehouse.locks import try_named_lock

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)


def judge_clicks(connection: Connection[Any], campaign_id: str) -> int:
    """Mark the clicks of one campaign, and count its recipients again if marks changed; commits.

    Args:
        connection: the warehouse; not in a transaction. The caller holds the campaign's lock.
        campaign_id: the campaign; its events are loaded.

    Returns:
        number of clicks whose mark changed.
    """
    campaign = {"campaign_id": campaign_id}
    with connection.pipeline():
        connection.execute(statement("stats/take_unjudged_clicks"), campaign)
        with hash_joins_now(connection):
            marked = connection.execute(statement("stats/mark_suspected_bots"), campaign)
    changed = marked.rowcount
    if changed:
        connection.execute(statement("stats/count_engagement"), campaign)
    connection.commit()
    return changed


def judge_waiting_campaigns(connection: Connection[Any]) -> int:
    """Judge the campaigns whose limits changed, or whose reading ended before the judgement.

    A campaign that somebody reads at the moment is left to its reader. Each is committed by itself.

    Args:
        connection: the warehouse; not in a transaction.

    Returns:
        number of clicks whose mark changed.
    """
    waiting = read_values(connection, str, statement("stats/campaigns_to_judge"))
    connection.commit()
    changed = 0
    for campaign_id in waiting:
        with try_named_lock(connection, f"campaign reports:{campaign_id}") as is_free:
            if is_free:
                changed += judge_clicks(connection, campaign_id)
    if waiting:
        log.info("scanners: %d campaigns judged, %d marks changed", len(waiting), changed)
    return changed
