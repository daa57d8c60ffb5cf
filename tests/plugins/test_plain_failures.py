"""Our own errors are one line in a task's log; an error that nobody expected keeps its frames."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

# The logger and its processors are those of a task's process: made before the task fails.
CODE = """
import io, sys
from airflow.sdk.log import configure_logging

output = io.BytesIO()
configure_logging(json_output=True, output=output, sending_to_supervisor=True)
import structlog

log = structlog.get_logger("task")
log.info("ξεκίνησε")

from airflow.sdk.exceptions import AirflowFailException
from crm_mailchimp.database_errors import DatabaseError
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.mailchimp.errors import AuthenticationError, ServerError
from mailchimp_provider.outcomes import fail_without_retry

for error in (
    PermanentError("ο κανόνας"), AuthenticationError(status=401), ServerError(status=503),
    DatabaseError("χάθηκε"), LookupError("απρόσμενο"),
):
    error.add_note("collection ΝΕΑ")
    try:
        with fail_without_retry():
            raise error
    except Exception as shown:
        log.exception("Task failed with exception")
        log.info(type(shown).__name__)
sys.stdout.buffer.write(output.getvalue())
"""


def test_frames_are_for_what_nobody_expected(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env={**os.environ, "AIRFLOW_HOME": str(tmp_path)},
        capture_output=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith(b"{")]
    failed = [line for line in lines if "Task failed" in line["event"]]
    kinds = [line["event"] for line in lines[lines.index(failed[0]) :] if line not in failed]
    assert kinds[-5:] == [
        *("AirflowFailException", "AirflowFailException"),
        *("ServerError", "DatabaseError", "LookupError"),
    ]
    *ours, unexpected = failed
    for line in ours:
        assert line["event"].startswith("Task failed with exception: collection ΝΕΑ: "), line
        assert "error_detail" not in line
        assert "exception" not in line
    assert unexpected["event"] == "Task failed with exception"
    shown = json.dumps(unexpected)
    assert "frames" in shown or "Traceback" in shown, unexpected
