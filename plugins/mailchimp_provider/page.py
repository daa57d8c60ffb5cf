"""The page "Mailchimp": the state of collections and campaigns, for people who read no SQL.

Airflow mounts a plugin's app without a login. So this page asks for the login, by the dependency
that Airflow's own pages use. A user who may see the DAG ``sync_collections`` may see the page.
"""

from __future__ import annotations

import logging
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jinja2
from airflow.api_fastapi.core_api.security import requires_access_dag
from airflow.models.dag import DagModel
from airflow.utils.session import create_session
from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse
from psycopg import Error
from sqlalchemy import select

from crm_mailchimp import database_errors
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.settings import QuestionSettings
from crm_mailchimp.sync.decisions.plan_excerpt import read_plan_excerpt
from crm_mailchimp.sync.decisions.plan_export import NoPlanError
from crm_mailchimp.sync.runs.collections_page import read_page
from mailchimp_provider import page_files
from mailchimp_provider.connections import WAREHOUSE, warehouse_connection

log = logging.getLogger(__name__)

# For every address of the app: none can be added that asks for no login.
app = FastAPI(
    title="Mailchimp",
    docs_url=None,
    redoc_url=None,
    openapi_url=None,
    dependencies=[
        Depends(requires_access_dag("GET", param_dag_id="sync_collections")),
        Depends(page_files.require_nameable),
    ],
)
app.include_router(page_files.router)


@app.get("/")
def show() -> HTMLResponse:
    """The page."""
    with closing(warehouse_connection()) as warehouse:
        found = read_page(warehouse)
    paused = [dag_id for dag_id in ("approve_removals", "release_campaigns") if _is_paused(dag_id)]
    hours = QuestionSettings.read_usable().approval_ask_again_hours
    return _rendered(
        "page.html",
        found=found,
        paused=paused,
        now=datetime.now(UTC),
        ask_again_after=timedelta(hours=hours),
    )


@app.get("/plan")
def show_plan(run: str) -> HTMLResponse:
    """The plan of a run, member by member.

    Args:
        run: Airflow's id of the run. 404 where it has no plan (any more).
    """
    with closing(warehouse_connection()) as warehouse:
        try:
            plans = read_plan_excerpt(warehouse, run)
        except NoPlanError as error:
            return _rendered("refused.html", status=404, words=str(error))
    return _rendered("plan.html", run_id=run, plans=plans)


@app.exception_handler(Error)
def tell_unreadable(_: Request, error: Error) -> HTMLResponse:
    """503 with a plain sentence when the warehouse cannot be read."""
    log.warning("the page cannot read the warehouse: %s", database_errors.describe(error))
    return _rendered("unreadable.html", status=503, connection_id=WAREHOUSE, words="")


@app.exception_handler(PermanentError)
def tell_refused(_: Request, error: PermanentError) -> HTMLResponse:
    """503 with the error's own words: the connection leads to no warehouse, or to an old one."""
    log.warning("the page cannot read the warehouse: %s", error)
    return _rendered("unreadable.html", status=503, connection_id=WAREHOUSE, words=str(error))


def _is_paused(dag_id: str) -> bool:
    """Whether Airflow starts no runs of a DAG."""
    with create_session() as session:
        return bool(session.scalar(select(DagModel.is_paused).where(DagModel.dag_id == dag_id)))


def _rendered(name: str, *, status: int = 200, **values: object) -> HTMLResponse:
    text = _templates.get_template(name).render(**values)
    # Airflow shows it in a frame of its own page; nothing is loaded from anywhere.
    policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
    return HTMLResponse(text, status_code=status, headers=headers)


def _moment(value: datetime | None) -> str:
    return f"{value:%Y-%m-%d %H:%M}" if value else ""


def _share(part: int | None, whole: int | None) -> str:
    return f"{100 * part / whole:.0f} %" if part is not None and whole else ""


_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters.update(moment=_moment, share=_share)
