"""Settings of the benchmarks: environment variables, read once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[2]
#: Fewer events do not give each of 25 audiences a reader.
FEWEST_EVENTS = 50_000


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run of the benchmarks measures, and with what.

    Attributes:
        contacts: ``BENCH_CONTACTS``, of the one collection that is synchronised.
        growth: ``BENCH_GROWTH``, numbers of contacts of the picture, separated by commas.
        latencies_ms: ``BENCH_LATENCY_MS``, of each answer of the sandbox, separated by commas.
        postgres: ``BENCH_POSTGRES``, ``embedded`` or ``debian``.
        recipients: ``BENCH_RECIPIENTS``, of the large campaign.
        campaigns: ``BENCH_CAMPAIGNS``, how many small campaigns.
        events: ``BENCH_EVENTS``, of the marts, about.
        members: ``BENCH_MEMBERS``, of each of 25 collections.
        sample: ``BENCH_SAMPLE``, calls of other tools; what all calls would take is calculated.
        repeats: ``BENCH_REPEATS``, runs whose median counts.
        host: ``MAILCHIMP_BENCH_HOST``, the other end, such as ``http://127.0.0.1:8099``. None: a
            sandbox of our own.
        key: ``MAILCHIMP_BENCH_KEY``, the other end's API key.
        pid: ``MAILCHIMP_BENCH_PID``, process of the other end on this machine, for its CPU seconds.
        results: ``BENCH_RESULTS``, file for the table as JSON.
        picture: ``BENCH_PICTURE``, file for the picture.
    """

    contacts: int
    growth: tuple[int, ...]
    latencies_ms: tuple[int, ...]
    postgres: str
    recipients: int
    campaigns: int
    events: int
    members: int
    sample: int
    repeats: int
    host: str | None
    key: str
    pid: int | None
    results: Path
    picture: Path


class SettingError(ValueError):
    """A setting has a value that no benchmark can use; the message names both."""


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings, or take what holds without them.

    Args:
        environment: names and values; an empty value counts as none.

    Raises:
        SettingError: a value is none that the setting can have.
    """

    def text(name: str, default: str) -> str:
        return environment.get(name) or default

    def count(name: str, default: int, least: int = 1) -> int:
        return _number(name, text(name, str(default)), least)

    def counts(name: str, default: str, least: int = 1) -> tuple[int, ...]:
        return tuple(_number(name, one, least) for one in text(name, default).split(","))

    postgres = text("BENCH_POSTGRES", "embedded")
    if postgres not in ("embedded", "debian"):
        raise SettingError(f"BENCH_POSTGRES is {postgres!r}: write embedded or debian")
    host = environment.get("MAILCHIMP_BENCH_HOST") or None
    if host is not None and not host.startswith(("http://", "https://")):
        raise SettingError(
            f"MAILCHIMP_BENCH_HOST is {host!r}: write an address such as http://127.0.0.1:8099"
        )
    pid = count("MAILCHIMP_BENCH_PID", 0, 0) or None
    if pid is not None and not Path(f"/proc/{pid}/stat").exists():
        raise SettingError(f"MAILCHIMP_BENCH_PID is {pid}: this machine has no such process")
    return Settings(
        contacts=count("BENCH_CONTACTS", 100_000),
        growth=counts("BENCH_GROWTH", "62500,125000,250000,500000,1000000"),
        latencies_ms=counts("BENCH_LATENCY_MS", "0,150", 0),
        postgres=postgres,
        recipients=count("BENCH_RECIPIENTS", 200_000),
        campaigns=count("BENCH_CAMPAIGNS", 5_000),
        events=count("BENCH_EVENTS", 10_000_000, FEWEST_EVENTS),
        members=count("BENCH_MEMBERS", 1_000),
        sample=count("BENCH_SAMPLE", 500),
        repeats=count("BENCH_REPEATS", 5),
        host=host,
        key=text("MAILCHIMP_BENCH_KEY", "sandbox-us1"),
        pid=pid,
        results=Path(text("BENCH_RESULTS", str(_ROOT / ".local" / "benchmarks.json"))),
        picture=Path(text("BENCH_PICTURE", str(_ROOT / ".local" / "growth.svg"))),
    )


def _number(name: str, value: str, least: int) -> int:
    try:
        number = int(value)
    except ValueError:
        raise SettingError(f"{name} is {value!r}: write whole numbers") from None
    if number < least:
        raise SettingError(f"{name} is {number}: the least is {least}")
    return number
