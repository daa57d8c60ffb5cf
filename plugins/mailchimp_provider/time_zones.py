"""Whose days and hours the marts show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from airflow.sdk import conf
from psycopg.errors import InvalidParameterValue

from crm_mailchimp.setting_group import SettingError
from crm_mailchimp.setting_values import time_zone
from crm_mailchimp.settings import ReportSettings


def report_time_zone() -> str:
    """``REPORT_TIME_ZONE``, or else the time zone of Airflow itself.

    Raises:
        SettingError: it is not a name of IANA's time zone database.
    """
    chosen = ReportSettings.read(only="report_time_zone").report_time_zone
    if chosen is not None:
        return chosen
    default = str(conf.get("core", "default_timezone"))
    try:
        return time_zone("UTC" if default == "utc" else default)
    except ValueError:
        raise SettingError(
            f"Airflow's option core.default_timezone is {default!r}, which is no name of IANA's "
            "time zone database: set REPORT_TIME_ZONE, such as Europe/Athens (docs/settings.md)"
        ) from None


@contextmanager
def known_to_postgres(name: str) -> Iterator[None]:
    """Name the time zone when the warehouse refuses a value: its list may be older than Python's.

    Raises:
        SettingError: the warehouse refused a value.
    """
    try:
        yield
    except InvalidParameterValue:
        raise SettingError(
            f"the warehouse's Postgres does not know the time zone {name!r}. Set REPORT_TIME_ZONE "
            "to an older name of the same zone, or update Postgres (docs/settings.md)"
        ) from None
