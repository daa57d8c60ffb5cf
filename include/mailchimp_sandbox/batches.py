"""``/batches``: operations carried out later, results to download (OpenAPI: batches; docs,
"Run Batch Operations")."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import logging
import tarfile
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import Request, Response

from mailchimp_sandbox import validation
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.clock import iso
from mailchimp_sandbox.paging import window
from mailchimp_sandbox.problem import Problem, invalid_fields, not_found
from mailchimp_sandbox.routing import Answer, Call, operation
from mailchimp_sandbox.state import Batch

MAX_PENDING = 500
MAX_OPERATIONS = 100_000  # undocumented; keeps one request within a sane size
URL_LIFETIME = 600  # docs: the result URL is valid for 10 minutes, ask again for a new one
ROWS_PER_FILE = 1000
CHUNK = 25
POLL = 0.05

_log = logging.getLogger(__name__)

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

Execute = Callable[[Sandbox, Call], tuple[str, Answer, dict[str, str]]]


def _signature(sandbox: Sandbox, batch_id: str, expires: str) -> str:
    text = f"{sandbox.account.seed}:{batch_id}:{expires}"
    return hashlib.sha256(text.encode()).hexdigest()[:28]


def _result_url(sandbox: Sandbox, batch: Batch, base_url: str) -> str:
    expires = str(sandbox.now + URL_LIFETIME)
    query = urlencode(
        {
            "AWSAccessKeyId": "SANDBOX",
            "Expires": expires,
            "Signature": _signature(sandbox, batch.batch_id, expires),
        }
    )
    return f"{base_url[:-4]}/batch-results/{batch.batch_id}-response.tar.gz?{query}"


def _describe(sandbox: Sandbox, batch: Batch, base_url: str) -> dict[str, Any]:
    finished = batch.status == "finished"
    return {
        "id": batch.batch_id,
        "status": batch.status,
        "total_operations": batch.total,
        "finished_operations": batch.finished,
        "errored_operations": batch.errored,
        "submitted_at": iso(batch.submitted_at),
        "completed_at": iso(batch.completed_at),
        "response_body_url": _result_url(sandbox, batch, base_url) if finished else "",
    }


def _check_operations(body: dict[str, Any]) -> list[dict[str, Any]]:
    validation.check(body, {"operations": "array"}, ("operations",))
    rows: list[Any] = body["operations"]
    if not rows or len(rows) > MAX_OPERATIONS:
        raise invalid_fields(("operations", f"A batch takes 1 to {MAX_OPERATIONS} operations."))
    for number, row in enumerate(rows):
        prefix = f"operations.{number}."
        if not isinstance(row, dict):
            raise invalid_fields((prefix[:-1], "Schema describes object, string found instead"))
        validation.check(
            row,
            {
                "method": "string",
                "path": "string",
                "body": "string",
                "operation_id": "string",
                "params": "object",
            },
            ("method", "path"),
            prefix,
        )
        validation.one_of(row["method"], _METHODS, f"{prefix}method")
    return rows


@operation("POST", "/batches", address="/batches/{id}")
def create_batch(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postBatches. ``total_operations`` is 0 until the work begins (seen in
    mailchimp/APIv3-examples#26); at most 500 batches wait (docs)."""
    if call.via == "batch":
        raise Problem(400, "Bad Request", "Batches cannot be started from a batch.")
    rows = _check_operations(call.body())
    pending = sum(batch.status != "finished" for batch in sandbox.account.batches.values())
    if pending >= MAX_PENDING:
        raise Problem(429, "Too Many Requests", "You have more than 500 pending batches.")
    batch = Batch(
        batch_id=sandbox.new_id("batch"),
        status="pending",
        submitted_at=sandbox.now,
        operations=[{**row, "base_url": call.base_url, "ip": call.ip} for row in rows],
    )
    sandbox.account.batches[batch.batch_id] = batch
    return _describe(sandbox, batch, call.base_url)


@operation("GET", "/batches", rows={"batches": "/batches/{id}"})
def list_batches(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getBatches."""
    rows = list(sandbox.account.batches.values())
    return {
        "batches": [_describe(sandbox, row, call.base_url) for row in rows[window(call.query)]],
        "total_items": len(rows),
    }


def _batch(sandbox: Sandbox, call: Call) -> Batch:
    batch = sandbox.account.batches.get(call.parts["batch_id"])
    if batch is None:
        raise not_found()
    return batch


@operation("GET", "/batches/{batch_id}")
def get_batch(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getBatchesId. Every answer carries a freshly signed result URL."""
    return _describe(sandbox, _batch(sandbox, call), call.base_url)


@operation("DELETE", "/batches/{batch_id}")
def delete_batch(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: deleteBatchesId: "Stops a batch request from running"; its results go too."""
    del sandbox.account.batches[_batch(sandbox, call).batch_id]


class BatchRunner:
    """Works off batches beside the requests, a few operations at a time."""

    def __init__(self, sandbox: Sandbox, execute: Execute) -> None:
        self._sandbox = sandbox
        self._execute = execute

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await asyncio.sleep(POLL)
            for batch in list(self._sandbox.account.batches.values()):
                if batch.status != "finished" and not self._sandbox.hold_batches:
                    await self._work(batch)

    async def _work(self, batch: Batch) -> None:
        batch.status = "started"
        batch.total = len(batch.operations)
        while batch.finished < batch.total:
            if batch.batch_id not in self._sandbox.account.batches:
                return  # deleted or reset meanwhile
            for row in batch.operations[batch.finished : batch.finished + CHUNK]:
                self._one(batch, row)
            await asyncio.sleep(0)
        batch.status = "finalizing"
        await asyncio.sleep(0)
        batch.operations = []
        batch.completed_at = self._sandbox.now
        batch.status = "finished"

    def _one(self, batch: Batch, row: dict[str, Any]) -> None:
        path, _, query = row["path"].partition("?")
        parameters = dict(parse_qsl(query))
        parameters.update({name: _text(value) for name, value in row.get("params", {}).items()})
        call = Call(
            method=row["method"],
            path=path if path.startswith("/") else f"/{path}",
            query=parameters,
            raw_body=row.get("body", "").encode(),
            base_url=row["base_url"],
            ip=row["ip"],
            via="batch",
        )
        template = ""
        try:
            template, answer, _ = self._execute(self._sandbox, call)
        except Exception:
            # One operation must not end the runner, and with it every batch to come.
            _log.exception("an operation of a batch failed: %s %s", call.method, template)
            problem = Problem(500, "Internal Server Error", "An unexpected error has occurred.")
            answer = Answer(500, problem.body())
        batch.finished += 1
        batch.errored += answer.status >= 400
        batch.results.append(
            {
                "status_code": answer.status,
                "operation_id": row.get("operation_id"),
                "response": ""
                if answer.body is None
                else json.dumps(answer.body, ensure_ascii=False),
            }
        )
        self._sandbox.ledger.request(
            self._sandbox.now, call.method, template, call.path, answer.status, "batch"
        )

    def download(self, batch_id: str, request: Request) -> Response:
        """The results: a gzipped tar with a directory and JSON files in it.

        The storage behind the signed URL refuses a request with an Authorization header. S3 does
        so, too ("Only one auth mechanism allowed").
        """
        if "authorization" in request.headers:
            return _storage_error(400, "InvalidArgument", "Only one auth mechanism allowed")
        batch = self._sandbox.account.batches.get(batch_id)
        expires = request.query_params.get("Expires", "")
        wanted = _signature(self._sandbox, batch_id, expires)
        if not expires.isdigit() or request.query_params.get("Signature") != wanted:
            return _storage_error(403, "SignatureDoesNotMatch", "Signature does not match")
        if int(expires) < self._sandbox.now:
            return _storage_error(403, "AccessDenied", "Request has expired")
        if batch is None or batch.status != "finished":
            return _storage_error(404, "NoSuchKey", "The specified key does not exist.")
        return Response(_archive(batch), media_type="application/octet-stream")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _storage_error(status: int, code: str, message: str) -> Response:
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    )
    return Response(text, status_code=status, media_type="application/xml")


def _archive(batch: Batch) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        folder = tarfile.TarInfo(f"{batch.batch_id}/")
        folder.type = tarfile.DIRTYPE
        folder.mode = 0o755
        archive.addfile(folder)
        for start in range(0, len(batch.results), ROWS_PER_FILE):
            rows = batch.results[start : start + ROWS_PER_FILE]
            content = json.dumps(rows, ensure_ascii=False).encode()
            entry = tarfile.TarInfo(f"{batch.batch_id}/{start // ROWS_PER_FILE}.json")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
