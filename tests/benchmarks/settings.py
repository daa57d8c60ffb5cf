"""Settings of the benchmarks: environment variables, read once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[2]


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
    members: int
    sample: int
    repeats: int
    host: str | None
    key: str
    pid: int | None
    results: Path
    picture: Path


def read_settings() -> Settings:
    """Read the settings, or take what holds without them."""

    def text(name: str, default: str) -> str:
        return os.environ.get(name) or default

    def numbers(name: str, default: str) -> tuple[int, ...]:
        return tuple(int(number) for number in text(name, default).split(","))

    pid = os.environ.get("MAILCHIMP_BENCH_PID")
    return Settings(
        contacts=int(text("BENCH_CONTACTS", "100000")),
        growth=numbers("BENCH_GROWTH", "62500,125000,250000,500000,1000000"),
        latencies_ms=numbers("BENCH_LATENCY_MS", "0,150"),
        postgres=text("BENCH_POSTGRES", "embedded"),
        recipients=int(text("BENCH_RECIPIENTS", "200000")),
        campaigns=int(text("BENCH_CAMPAIGNS", "5000")),
        members=int(text("BENCH_MEMBERS", "1000")),
        sample=int(text("BENCH_SAMPLE", "500")),
        repeats=int(text("BENCH_REPEATS", "5")),
        host=os.environ.get("MAILCHIMP_BENCH_HOST") or None,
        key=text("MAILCHIMP_BENCH_KEY", "sandbox-us1"),
        pid=int(pid) if pid else None,
        results=Path(text("BENCH_RESULTS", str(_ROOT / ".local" / "benchmarks.json"))),
        picture=Path(text("BENCH_PICTURE", str(_ROOT / ".local" / "growth.svg"))),
    )
