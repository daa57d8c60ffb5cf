"""What a user starts or answers from the page, by Airflow's own routes and the user's own rights.

Each action is a request to Airflow's public API in this very process, with the user's own login.
So Airflow checks the rights, and writes its audit log, as for its own page.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote

import httpx
from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from crm_mailchimp.sync.decisions.answer import APPROVE, REJECT
from mailchimp_provider.page.language import is_view
from mailchimp_provider.page.rights import ANSWERED_DAGS, STARTED_DAGS, require_own_form

log = logging.getLogger(__name__)
router = APIRouter()

_MOST_BYTES = 16 * 1024
_KINDS = {"removals": "plan", "releases": "gate"}
_OPTIONS = {"approve": APPROVE, "reject": REJECT}


@router.post("/do/{action}")
async def act(request: Request, action: str) -> RedirectResponse:
    """Start a DAG, or answer a question, and go back to the view.

    Args:
        request: with a form: ``token``, ``back``, and what the action is about.
        action: ``answer``, or a name of ``STARTED_DAGS``. 403 without its right.
    """
    form = await read_form(request)
    require_own_form(request, form.get("token", ""))
    if action == "answer":
        was_accepted = await _answer(request, form)
    elif action in STARTED_DAGS:
        _require(request, action)
        was_accepted = await _call(
            request,
            "POST",
            f"/api/v2/dags/{STARTED_DAGS[action]}/dagRuns",
            {"logical_date": None, "conf": _params(action, form)},
        )
    else:
        raise HTTPException(404)
    back = form.get("back", "")
    path, _, query = back.partition("?")
    kept = [pair for pair in query.split("&") if pair and not pair.startswith("done=")]
    words = "&".join([*kept, f"done={action if was_accepted else 'refused'}"])
    return RedirectResponse(f"../{path if is_view(path) else ''}?{words}", status_code=303)


async def read_form(request: Request) -> Mapping[str, str]:
    """The fields of a small form.

    Raises:
        HTTPException: 400 for a large one, or one that is no text.
    """
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_BYTES:
            raise HTTPException(400, "the form is too large")
    try:
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict"))
    except ValueError:
        raise HTTPException(400, "the form cannot be read") from None


def _require(request: Request, right: str) -> None:
    if right not in request.state.rights:
        raise HTTPException(403, "forbidden")


def _params(action: str, form: Mapping[str, str]) -> dict[str, Any]:
    if action in ("preview", "sync") and form.get("collection"):
        return {"collections": [form["collection"]]}
    if action == "erase":
        # Never without a contact: then the DAG would erase all who asked.
        return {"contacts": [_number(form.get("contact", ""))]}
    return {}


def _number(value: str) -> int:
    if not (value.isascii() and value.lstrip("-").isdigit() and len(value) < 20):
        raise HTTPException(400, "this is no number")
    return int(value)


async def _answer(request: Request, form: Mapping[str, str]) -> bool:
    question, option = form.get("question", ""), _OPTIONS.get(form.get("answer", ""))
    if question not in ANSWERED_DAGS or option is None:
        raise HTTPException(400, "this is no answer")
    _require(request, question)
    number = _number(form.get("number", ""))
    dag_id = ANSWERED_DAGS[question]
    run_id = await run_in_threadpool(_asking_run, dag_id, f"{_KINDS[question]}-{number}")
    if run_id is None:
        return False
    return await _call(
        request,
        "PATCH",
        f"/api/v2/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}/taskInstances/ask/-1/hitlDetails",
        {"chosen_options": [option], "params_input": {}},
    )


def _asking_run(dag_id: str, name: str) -> str | None:
    """The run that asks now: the first one, or one that asks again."""
    with create_session() as session:
        found = session.scalars(
            select(TaskInstance.run_id).where(
                TaskInstance.dag_id == dag_id,
                TaskInstance.task_id == "ask",
                TaskInstance.state.in_(("awaiting_input", "deferred")),
                TaskInstance.run_id.in_([name])
                | TaskInstance.run_id.startswith(f"{name}-again-", autoescape=True),
            )
        ).all()
    return max(found, key=len, default=None)


async def _call(request: Request, method: str, path: str, body: Mapping[str, Any]) -> bool:
    """Ask Airflow, as the user. Whether it accepted; 403 stays 403."""
    from airflow.api_fastapi.main import app  # noqa: PLC0415 - the app that serves this page

    token = request.cookies.get(COOKIE_NAME_JWT_TOKEN)
    login = request.headers.get("authorization") or f"Bearer {token}"
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://airflow") as airflow:
        answer = await airflow.request(
            method,
            path,
            content=json.dumps(body),
            headers={"Authorization": login, "Content-Type": "application/json"},
        )
    if answer.status_code in (401, 403):
        raise HTTPException(403, "forbidden")
    if not answer.is_success:
        log.warning("Airflow refused %s %s with status %s", method, path, answer.status_code)
    return answer.is_success
