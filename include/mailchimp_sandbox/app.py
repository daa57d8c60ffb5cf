"""The HTTP front: authentication, throttle, faults, JSON, and the control API beside it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from email.utils import formatdate
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mailchimp_sandbox import auth, control, links, simulation
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.batches import BatchRunner
from mailchimp_sandbox.faults import html_page
from mailchimp_sandbox.paging import select_fields
from mailchimp_sandbox.problem import Problem, too_many_connections
from mailchimp_sandbox.routing import Answer, Call, find
from mailchimp_sandbox.server import Server

MAX_CONNECTIONS = 10
API = "/3.0"


def execute(sandbox: Sandbox, call: Call) -> tuple[str, Answer, dict[str, str]]:
    """Carry out one API operation.

    Returns:
        The path template ('' when unknown), the answer and extra headers.
    """
    simulation.catch_up(sandbox)
    template = ""
    try:
        operation, parts = find(call.method, call.path)
        template = operation.template
        call = replace(call, parts=parts)
        body = operation.handler(sandbox, call)
    except Problem as problem:
        return template, Answer(problem.status, problem.body()), problem.headers
    if body is None:
        return template, Answer(204), {}
    return template, Answer(200, select_fields(links.added(operation, call, body), call.query)), {}


def encode(body: Any) -> bytes:
    """JSON in UTF-8, Greek as it is."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def respond(answer: Answer, headers: dict[str, str]) -> Response:
    """An answer as HTTP."""
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    kind = "application/problem+json" if answer.status >= 400 else "application/json"
    return Response(
        encode(answer.body),
        status_code=answer.status,
        headers=headers,
        media_type=f"{kind}; charset=utf-8",
    )


def create_app(server: Server) -> ASGIApp:
    """The ASGI application."""
    sandbox = server.sandbox
    runner = BatchRunner(sandbox, execute)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(runner.run())
        yield
        task.cancel()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/_sandbox", control.api)

    async def api(request: Request) -> Response:
        raw_path = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1")
        call = Call(
            method=request.method,
            path=raw_path.partition("?")[0][len(API) :] or "/",
            query=dict(request.query_params),
            raw_body=await request.body(),
            base_url=f"{request.url.scheme}://{request.headers.get('host', 'localhost')}{API}",
            ip=request.client.host if request.client else "",
        )
        try:
            auth.check(request.headers.get("authorization"), server.key)
        except Problem as problem:
            return respond(Answer(problem.status, problem.body()), problem.headers)
        template, answer, headers = execute(sandbox, call)
        request.scope["sandbox.template"] = template
        return respond(answer, headers)

    methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]
    app.add_api_route(API, api, methods=methods)
    app.add_api_route(API + "/{path:path}", api, methods=methods)

    async def result_file(batch_id: str, request: Request) -> Response:
        return runner.download(batch_id, request)

    app.add_api_route("/batch-results/{batch_id}-response.tar.gz", result_file, methods=["GET"])
    return Front(app, server)


#: Turns of the event loop: a new connection is accepted and its request read within a few.
_TURNS = 10


class Front:
    """Counts connections, strikes with faults and keeps the ledger of requests."""

    def __init__(self, app: ASGIApp, server: Server) -> None:
        self._app = app
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's request."""
        path = scope.get("path", "")
        scope[control.SERVER] = self._server
        if scope["type"] != "http" or not (path == API or path.startswith(API + "/")):
            await self._app(scope, receive, send)
            return
        server = self._server
        server.in_flight += 1
        server.most_in_flight = max(server.most_in_flight, server.in_flight)
        over = server.in_flight > MAX_CONNECTIONS
        try:
            await _give_way(0 if over else server.latency)
            await self._serve(scope, receive, send, over)
        finally:
            server.in_flight -= 1

    async def _serve(self, scope: Scope, receive: Receive, send: Send, over: bool) -> None:
        server = self._server
        method = scope["method"]
        path = unquote(scope["path"])[len(API) :] or "/"
        fault = None if over else server.faults.strike(method, path)
        kind = "429" if over else fault.kind if fault else ""
        if kind == "drop_before":
            self._record(scope, 0, answered=False)
            await _drop(receive, send)
            return
        if kind == "slow" and fault:
            await asyncio.sleep(fault.delay)
        elif kind and kind != "drop_after":
            response = _failure(kind)
            self._record(scope, response.status_code)
            await response(scope, receive, _dated(send, server))
            return
        status = 0
        answer = _dated(send, server)

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            if kind != "drop_after":
                await answer(message)

        await self._app(scope, receive, watch)
        self._record(scope, status, answered=kind != "drop_after")
        if kind == "drop_after":
            await _drop(receive, send)

    def _record(self, scope: Scope, status: int, answered: bool = True) -> None:
        sandbox = self._server.sandbox
        path = scope["path"][len(API) :] or "/"
        template = scope.get("sandbox.template", "")
        if not template:
            try:
                template = find(scope["method"], path)[0].template
            except Problem:
                template = ""
        sandbox.ledger.request(
            sandbox.now, scope["method"], template, path, status, "http", answered
        )


def _failure(kind: str) -> Response:
    if kind == "429":
        return respond(Answer(429, too_many_connections().body()), {})
    if kind == "500":
        problem = Problem(
            500,
            "Internal Server Error",
            "An unexpected internal error has occurred. Please contact Support for more "
            "information.",
        )
        return respond(Answer(500, problem.body()), {})
    return Response(html_page(kind), status_code=int(kind), media_type="text/html")


def _dated(send: Send, server: Server) -> Send:
    """Answers say the present time (``Date``, RFC 9110, 6.6.1) by the clock of all other times."""

    async def dated(message: Message) -> None:
        if message["type"] == "http.response.start":
            date = (b"date", _http_date(server.sandbox.clock.now()))
            message = {**message, "headers": [*message["headers"], date]}
        await send(message)

    return dated


@lru_cache(maxsize=16)
def _http_date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode()


async def _drop(receive: Receive, send: Send) -> None:
    """Cut the connection without an answer.

    ASGI has no message for it, so this uses uvicorn's transport. The bound ``send`` leads to it.
    """
    cycle = getattr(send, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is None:
        raise RuntimeError("dropping connections needs uvicorn's own send")
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _give_way(seconds: float) -> None:
    """Let requests that arrived together be counted together, however fast each is served."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    if seconds:
        await asyncio.sleep(seconds)
