"""How the values of settings are written: one type for each kind, with its words for people."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from croniter import croniter
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

#: Presets that croniter does not know, as Airflow reads them.
_PRESETS = {"@quarterly": "0 0 1 */3 *"}
#: Names that Python's list of time zones has beside those of IANA.
_NO_TIME_ZONES = {"Factory", "localtime"}


class Form(NamedTuple):
    """How a value is written.

    Attributes:
        words: what to write, as an error and the documents say it.
        may_be_empty: an empty value has a meaning of its own; otherwise it means the default.
        is_verbatim: spaces around the value belong to it.
        is_private: the value is shown nowhere.
    """

    words: str
    may_be_empty: bool = False
    is_verbatim: bool = False
    is_private: bool = False


def cron_expression(schedule: str) -> str:
    """The cron expression that a schedule means: itself, but for ``@quarterly``."""
    return _PRESETS.get(schedule, schedule)


def _schedule(text: str) -> str:
    if not text:
        return text
    expression = cron_expression(text)
    if not expression.startswith("@") and len(expression.split()) != 5:
        raise ValueError("not five fields")
    if any(field[:1].upper() in ("R", "H") for field in expression.split()):
        raise ValueError("random: each reading of the DAG file would give another schedule")
    croniter(expression, datetime(2026, 1, 1, tzinfo=UTC)).get_next(datetime)
    return text


def time_zone(text: str) -> str:
    """Check the name of a time zone.

    Postgres reads ``+02:00`` and ``UTC+2`` as hours *behind* UTC, so offsets are refused.

    Raises:
        ValueError: IANA's database has no such name.
    """
    if text not in available_timezones() - _NO_TIME_ZONES:
        raise ValueError("not a name of IANA's database")
    return text


def _days_or_forever(value: Any) -> Any:
    return None if str(value).lower() == "forever" else value


def _contact_limits(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    limits: dict[str, str] = {}
    for part in value.split(","):
        account, sign, number = (piece.strip() for piece in part.rpartition("="))
        if bool(sign) != bool(account) or account in limits:
            raise ValueError("not one limit for each account")
        limits[account] = number
    return limits


def _flag(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _addresses(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _address(text: str) -> str:
    if text.count("@") != 1 or text.startswith("@") or text.endswith("@"):
        raise ValueError("not an address")
    return text


def _routing_key(text: str) -> str:
    if len(text) != 32 or not (text.isascii() and text.isalnum()):
        raise ValueError("not 32 letters and digits")
    return text


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("not a web address")
    return text


def _absolute_path(path: Path) -> Path:
    path = path.expanduser()
    if not path.is_absolute():
        raise ValueError("not absolute")
    return path


Flag = Annotated[bool, BeforeValidator(_flag), Form("true or false")]
Percent = Annotated[float, Field(ge=0, le=100), Form("a number from 0 to 100, without %")]
Tolerance = Annotated[float, Field(ge=0, le=1000), Form("a number from 0 to 1000, without %")]
Count = Annotated[int, Field(ge=0, le=10**9), Form("a whole number from 0 to 1000000000")]
#: By id of the account's connection; '' is every account that is not named.
ContactLimits = Annotated[
    dict[str, Annotated[int, Field(ge=0, le=10**9)]],
    BeforeValidator(_contact_limits),
    Form(
        "a whole number from 0 to 1000000000, or account=number for each account, separated by"
        " commas"
    ),
]
FieldCount = Annotated[int, Field(ge=1, le=1000), Form("a whole number from 1 to 1000")]
Hours = Annotated[float, Field(gt=0, le=8760), Form("a number of hours, above 0 and up to 8760")]
HoursOrNever = Annotated[float, Field(ge=0, le=8760), Form("a number of hours from 0 to 8760")]
Minutes = Annotated[float, Field(ge=0, le=525_600), Form("a number of minutes from 0 to 525600")]
MinutesFromOne = Annotated[
    float, Field(ge=1, le=525_600), Form("a number of minutes from 1 to 525600")
]
Days = Annotated[int, Field(ge=1, le=36_500), Form("a whole number of days from 1 to 36500")]
DaysOrForever = Annotated[
    Annotated[int, Field(ge=1, le=36_500)] | None,
    BeforeValidator(_days_or_forever),
    Form("a whole number of days from 1 to 36500, or forever"),
]
Schedule = Annotated[
    str,
    AfterValidator(_schedule),
    Form(
        "a cron expression of five fields, or @hourly, @daily, @weekly, or nothing to run by hand"
        " only",
        may_be_empty=True,
    ),
]
OptionalTimeZone = Annotated[
    Annotated[str, AfterValidator(time_zone)] | None,
    Form("a name of IANA's time zone database, such as Europe/Athens"),
]
OptionalFolder = Annotated[
    Annotated[Path, AfterValidator(_absolute_path)] | None, Form("an absolute path")
]
Addresses = Annotated[
    tuple[Annotated[str, AfterValidator(_address)], ...],
    BeforeValidator(_addresses),
    Form("e-mail addresses, separated by commas", is_private=True),
]
OptionalAddress = Annotated[
    Annotated[str, AfterValidator(_address)] | None, Form("one e-mail address", is_private=True)
]
OptionalWebAddress = Annotated[
    Annotated[str, AfterValidator(_web_address)] | None,
    Form("an address that begins with https:// or http://", is_private=True),
]
WebAddress = Annotated[
    str,
    AfterValidator(_web_address),
    Form("an address that begins with https:// or http://", is_private=True),
]
OptionalRoutingKey = Annotated[
    Annotated[str, AfterValidator(_routing_key)] | None,
    Form("an integration key: 32 letters and digits", is_private=True),
]
Password = Annotated[SecretStr, Form("a password", is_verbatim=True, is_private=True)]
