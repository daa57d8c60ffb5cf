"""The calls and figures of a task arrive as spans and times, as OpenTelemetry sends them."""

from __future__ import annotations

import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from approvals.mail_and_web import serving

#: What Airflow's task runner does around a task; then a task of ours.
WORK = """
from concurrent.futures import ThreadPoolExecutor
from airflow.sdk._shared.observability.traces import configure_otel
from airflow.sdk.configuration import conf
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics import stats_utils
from opentelemetry import metrics, trace
stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=False)
configure_otel(conf)
from crm_mailchimp.mailchimp.errors import MailchimpError
from mailchimp_provider.hooks.mailchimp import MailchimpHook
from mailchimp_provider.spans import note_figures
with trace.get_tracer("airflow").start_as_current_span("worker.sync_collection"):
    with MailchimpHook().get_conn() as mailchimp:
        client = mailchimp.client
        client.ping.get()
        with ThreadPoolExecutor(1) as thread:
            thread.submit(lambda: list(mailchimp.audiences())).result()
        try:
            client.lists.get_list_member("a1b2c3d4e5", "maria.papadopoulou@ellada.gr")
        except MailchimpError as error:
            print(type(error).__name__)
    note_figures({"state": "succeeded", "added": 3, "is_dry": True})
for provider in (trace.get_tracer_provider(), metrics.get_meter_provider()):
    if hasattr(provider, "force_flush"):
        provider.force_flush()
print("done")
"""
ADDRESS = b"maria.papadopoulou"


class Collector(ThreadingHTTPServer):
    """Keeps the spans and times that are exported to it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Export)
        self.spans: dict[str, Any] = {}
        self.times: dict[tuple[str, str], int] = {}
        self.raw = b""


class _Export(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.raw += body
        if self.path == "/v1/traces":
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    self.server.spans |= {span.name: span for span in scope.spans}
        else:
            for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                for scope in resource.scope_metrics:
                    for metric in scope.metrics:
                        for point in _points(metric):
                            tags = _tags(point.attributes)
                            self.server.times[metric.name, tags["endpoint"]] = point.count
        answer = ExportTraceServiceResponse().SerializeToString()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def _points(metric: Any) -> list[Any]:
    """Airflow's buckets are of either kind of histogram."""
    return [*metric.histogram.data_points, *metric.exponential_histogram.data_points]


def _tags(attributes: Any) -> dict[str, str]:
    return {one.key: one.value.string_value or str(one.value.int_value) for one in attributes}


def _run(tmp_path: Path, sandbox: Any, settings: dict[str, str]) -> str:
    inherited = {name: value for name, value in os.environ.items() if "AIRFLOW" not in name}
    done = subprocess.run(
        [sys.executable, "-c", WORK],
        env={
            **inherited,
            "AIRFLOW_HOME": str(tmp_path),
            "NO_PROXY": "127.0.0.1",
            "AIRFLOW_CONN_MAILCHIMP_DEFAULT": (
                f'{{"conn_type": "mailchimp", "host": "{sandbox.host}",'
                f' "password": "{sandbox.key}"}}'
            ),
            **settings,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "done" in done.stdout, done.stderr[-3000:]
    return done.stdout


@pytest.fixture
def found(tmp_path: Path, mailchimp_sandbox: Any) -> Collector:
    with serving(Collector()) as collector:
        port = str(collector.server_address[1])
        printed = _run(
            tmp_path,
            mailchimp_sandbox,
            {
                "AIRFLOW__TRACES__OTEL_ON": "True",
                "OTEL_TRACES_EXPORTER": "otlp_proto_http",
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"http://127.0.0.1:{port}/v1/traces",
                "AIRFLOW__METRICS__OTEL_ON": "True",
                "AIRFLOW__METRICS__OTEL_HOST": "127.0.0.1",
                "AIRFLOW__METRICS__OTEL_PORT": port,
            },
        )
    assert "NotFound" in printed
    return collector


def test_a_tasks_calls_are_spans_below_it(found: Collector) -> None:
    task = found.spans["worker.sync_collection"]
    calls = {name: span for name, span in found.spans.items() if name.startswith("GET ")}
    assert set(calls) == {
        "GET /ping", "GET /lists", "GET /lists/{list_id}/members/{subscriber_hash}"
    }  # fmt: skip
    assert {span.parent_span_id for span in calls.values()} == {task.span_id}
    assert {span.trace_id for span in calls.values()} == {task.trace_id}
    assert _tags(calls["GET /ping"].attributes) == {
        "http.request.method": "GET",
        "url.template": "/ping",
        "server.address": "127.0.0.1",
        "mailchimp.account": "mailchimp_default",
    }
    missing = calls["GET /lists/{list_id}/members/{subscriber_hash}"]
    assert missing.status.code == 2  # an error, by OpenTelemetry's numbers
    assert "NotFound" in _tags(missing.attributes)["error.type"]
    assert _tags(task.attributes) == {"mailchimp.added": "3"}


def test_the_times_of_calls_are_counted(found: Collector) -> None:
    assert found.times == {
        ("airflow.mailchimp.api.call", endpoint): 1
        for endpoint in (
            "GET /ping", "GET /lists", "GET /lists/{list_id}/members/{subscriber_hash}"
        )
    }  # fmt: skip


def test_neither_addresses_nor_keys_go_out(found: Collector, mailchimp_sandbox: Any) -> None:
    assert b"mailchimp.account" in found.raw
    for secret in (ADDRESS, b"a1b2c3d4e5", mailchimp_sandbox.key.encode()):
        assert secret not in found.raw


def test_without_tracing_nothing_changes(tmp_path: Path, mailchimp_sandbox: Any) -> None:
    assert "NotFound" in _run(tmp_path, mailchimp_sandbox, {})
