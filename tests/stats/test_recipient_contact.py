"""The contact of a member at the time of a campaign, after another contact took its place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg

from crm_mailchimp.stats.marts import refresh_marts
from stats.figures import run
from stats.simulated_account import Account, Campaign

NOW = datetime.now(UTC).replace(microsecond=0)


def _days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def test_history_names_the_contact_of_its_time(warehouse_db: str) -> None:
    campaigns = [
        Campaign(name, sent_at=_days_ago(days))
        for name, days in (("πριν", 50), ("πέντε", 40), ("κενό", 25), ("εννέα", 10))
    ]
    for campaign in campaigns:
        campaign.send(2)
        campaign.happens(campaign.recipients[0], "open", 60)
    member = campaigns[0].recipients[0]
    with psycopg.connect(warehouse_db) as warehouse:
        run(warehouse, Account(*campaigns))
        warehouse.execute(
            "insert into sync.member (list_id, subscriber_hash, contact_id, status, origin)"
            " values (%s, %s, 5, 'subscribed', 'created')",
            (campaigns[0].list_id, member),
        )
        for contact_id, since, until in (
            (5, _days_ago(45), _days_ago(30)),
            (9, _days_ago(20), _days_ago(15)),
            (9, _days_ago(15), None),
        ):
            warehouse.execute(
                "insert into sync.consent_proof (list_id, subscriber_hash, collection_code,"
                " contact_id, gdpr_category, campaign_type, rules_version, run_id, justified_at,"
                " ended_at) values (%s, %s, 'c', %s, 'offer', 'offer', '1', 'r', %s, %s)",
                (campaigns[0].list_id, member, contact_id, since, until),
            )
        warehouse.execute("update sync.member set contact_id = 9")
        warehouse.commit()
        refresh_marts(warehouse)
        found = warehouse.execute(
            "select campaign_id, contact_id, current_contact_id from stats.recipient_contact"
            " where subscriber_hash = %s",
            (member,),
        ).fetchall()
        assert {name: rest for name, *rest in found} == {
            "πριν": [None, 9],
            "πέντε": [5, 9],
            "κενό": [None, 9],
            "εννέα": [9, 9],
        }
        others = warehouse.execute(
            "select distinct contact_id, current_contact_id, count(*)"
            " from stats.recipient_contact where subscriber_hash <> %s group by 1, 2",
            (member,),
        ).fetchall()
        assert others == [(None, None, 4)]
        # As the comments say: the marts give it all to the contact that the member has today.
        counted = warehouse.execute(
            "select contact_id, opens from mart.contact_engagement where contact_id is not null"
        ).fetchall()
        assert counted == [(9, 4)]
