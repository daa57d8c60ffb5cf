"""The pipeline's figures arrive over the wire: by OpenTelemetry (OTLP over HTTP), and by statsd."""

from __future__ import annotations

import gzip
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)

from approvals.mail_and_web import serving

SEND = """
import sys
import psycopg
from airflow.sdk.configuration import conf
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics import stats_utils
from crm_mailchimp.sync.runs.finish import RunSummary
from mailchimp_provider.metrics import count_events, count_run, measure_ages

# As Airflow's task runner does it.
stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=False)
counts = {"added": 3, "updated": 2, "removed": 1, "rejected": 4, "api_calls": 9, "quarantined": 7}
count_run(RunSummary(("ΝΕΑ",), ("B", "C"), (), counts, ""))
with psycopg.connect(sys.argv[1]) as warehouse:
    measure_ages(warehouse)
    # A warehouse that cannot answer stops nothing, and the connection goes on.
    warehouse.execute("alter table sync.known_collection rename to hidden")
    warehouse.commit()
    measure_ages(warehouse)
    warehouse.execute("alter table sync.hidden rename to known_collection")
count_events({"activity": 12, "recipients": 5})
print("done")
"""


class Collector(ThreadingHTTPServer):
    """Keeps the metrics that are exported to it, and answers with ``status``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Export)
        self.status = 200
        self.points: dict[tuple[str, str], float] = {}
        self.raw = b""


class _Export(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        assert self.path == "/v1/metrics"
        self.server.raw += body
        request = ExportMetricsServiceRequest.FromString(body)
        for name, point in points(request):
            tags = ",".join(f"{one.key}={one.value.string_value}" for one in point.attributes)
            self.server.points[name, tags] = point.as_double or point.as_int
        self.send_response(self.server.status)
        answer = ExportMetricsServiceResponse().SerializeToString()
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def points(request: Any) -> Iterator[tuple[str, Any]]:
    for resource in request.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                data = metric.sum if metric.HasField("sum") else metric.gauge
                yield from ((metric.name, point) for point in data.data_points)


def to_collector(port: int) -> dict[str, str]:
    return {
        "AIRFLOW__METRICS__OTEL_ON": "True",
        "AIRFLOW__METRICS__OTEL_HOST": "127.0.0.1",
        "AIRFLOW__METRICS__OTEL_PORT": str(port),
    }


def to_statsd(port: int) -> dict[str, str]:
    return {
        "AIRFLOW__METRICS__STATSD_ON": "True",
        "AIRFLOW__METRICS__STATSD_HOST": "127.0.0.1",
        "AIRFLOW__METRICS__STATSD_PORT": str(port),
    }


def export(
    tmp_path: Path, warehouse: str, settings: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if "AIRFLOW" not in name}
    return subprocess.run(
        [sys.executable, "-c", SEND, warehouse],
        env={
            **inherited,
            "AIRFLOW_HOME": str(tmp_path),
            "NO_PROXY": "127.0.0.1",
            **settings,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )


@pytest.fixture
def warehouse(warehouse_db: str) -> str:
    with psycopg.connect(warehouse_db) as connection:
        connection.execute(
            "insert into sync.known_collection (collection_id, collection_code)"
            " values (17, 'ΝΕΑ'), (18, 'ΠΑΛΙΑ')"
        )
        for code, state, hours in [
            ("ΝΕΑ", "succeeded", 3), ("ΝΕΑ", "failed", 1), ("ΠΑΛΙΑ", "succeeded", 24 * 9),
        ]:  # fmt: skip
            connection.execute(
                "insert into sync.collection_run (run_id, collection_code, started_at,"
                " finished_at, state) select %s, %s, moment, moment, %s"
                " from (select now() - make_interval(hours => %s) as moment) as past",
                (f"{code}-{hours}", code, state, hours),
            )
    return warehouse_db


def test_figures_arrive_at_a_collector(tmp_path: Path, warehouse: str) -> None:
    with serving(Collector()) as collector:
        done = export(tmp_path, warehouse, to_collector(collector.server_address[1]))
    assert "done" in done.stdout, done.stderr[-2000:]
    found = collector.points
    age = found.pop(("airflow.mailchimp.sync.last_success_age", "collection_id=17"))
    assert 3 * 3600 <= age < 4 * 3600
    assert found.pop(("airflow.mailchimp.sync.oldest_success_age", "")) == age
    assert found == {
        ("airflow.mailchimp.sync.added", ""): 3,
        ("airflow.mailchimp.sync.updated", ""): 2,
        ("airflow.mailchimp.sync.removed", ""): 1,
        ("airflow.mailchimp.sync.rejected", ""): 4,
        ("airflow.mailchimp.sync.api_calls", ""): 9,
        ("airflow.mailchimp.sync.held_back", ""): 7,
        ("airflow.mailchimp.sync.blocked", ""): 2,
        ("airflow.mailchimp.sync.failed", ""): 0,
        ("airflow.mailchimp.reports.events_read", ""): 12,
    }
    assert "metrics not sent: UndefinedTable" in done.stdout + done.stderr
    assert "ΝΕΑ".encode() not in collector.raw


def test_a_collector_that_is_away_stops_nothing(tmp_path: Path, warehouse: str) -> None:
    # Seconds for which the exporter tries again.
    settings = to_collector(1) | {"OTEL_EXPORTER_OTLP_TIMEOUT": "2"}
    assert "done" in export(tmp_path, warehouse, settings).stdout


def test_figures_arrive_at_statsd(tmp_path: Path, warehouse: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as statsd:
        statsd.bind(("127.0.0.1", 0))
        done = export(tmp_path, warehouse, to_statsd(statsd.getsockname()[1]))
        assert "done" in done.stdout, done.stderr[-2000:]
        # Airflow sends figures of its own as well.
        lines = [line for line in _arriving(statsd) if line.startswith("airflow.mailchimp.")]
    ages = [line for line in lines if "_success_age:" in line]
    assert [line.rpartition(":")[0] for line in ages] == [
        # Plain statsd has no tags: only the largest age is of use there.
        "airflow.mailchimp.sync.last_success_age",
        "airflow.mailchimp.sync.oldest_success_age",
    ]
    assert 3 * 3600 <= float(ages[1].rpartition(":")[2].removesuffix("|g")) < 4 * 3600
    assert [line for line in lines if line not in ages] == [
        "airflow.mailchimp.sync.added:3|c",
        "airflow.mailchimp.sync.updated:2|c",
        "airflow.mailchimp.sync.removed:1|c",
        "airflow.mailchimp.sync.rejected:4|c",
        "airflow.mailchimp.sync.api_calls:9|c",
        "airflow.mailchimp.sync.held_back:7|g",
        "airflow.mailchimp.sync.blocked:2|g",
        "airflow.mailchimp.sync.failed:0|g",
        "airflow.mailchimp.reports.events_read:12|c",
    ]


def _arriving(statsd: socket.socket) -> Iterator[str]:
    """What arrives up to the last figure. On a busy machine that is after the sender's end."""
    statsd.settimeout(30.0)
    line = ""
    while not line.startswith("airflow.mailchimp.reports.events_read"):
        line = statsd.recv(65_535).decode()
        yield line
