"""Task of ``watch_sendings``."""

# ruff: noqa: PLC0415 - DAG files import this module: what takes long is imported in functions

from __future__ import annotations

from datetime import UTC, datetime

from mailchimp_provider.connections import opened
from mailchimp_provider.outcomes import fail_without_retry


@fail_without_retry()
def watch() -> int:
    """Look at the reports of the last day's sendings that are due; returns how many were read."""
    from crm_mailchimp.campaigns import sending_health
    from crm_mailchimp.settings import Schedules, SendingSettings, require_usable
    from crm_mailchimp.sync.runs.run_alerts import alert_about_sendings
    from mailchimp_provider.alerts import deliver

    with opened() as connections:
        warehouse = connections.warehouse()
        try:
            read = sending_health.look_at_sendings(
                warehouse,
                connections.accounts(read_only=True),
                limits=sending_health.usable_health_limits(),
                now=datetime.now(UTC),
            )
        finally:
            # What was read before an account failed is said at once.
            warehouse.rollback()
            unhealthy = sending_health.unhealthy_sendings(warehouse)
            warehouse.commit()
            alert_about_sendings(
                warehouse, {one.campaign_code: one.too_many for one in unhealthy}, deliver
            )
    require_usable({SendingSettings: (), Schedules: "sendings_schedule"})
    return read
