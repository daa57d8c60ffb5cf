"""The page "Mailchimp": the state of collections and campaigns, for people who read no SQL.

Airflow mounts a plugin's app without a login. So this page asks for the login, by the dependency
that Airflow's own pages use.
"""

from __future__ import annotations

import logging
from urllib.parse import quote

from airflow.sdk.exceptions import AirflowNotFoundException
from fastapi import Depends, FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import RedirectResponse
from psycopg import Error, OperationalError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from crm_mailchimp import database_errors
from crm_mailchimp.errors import PermanentError
from mailchimp_provider.connections import WAREHOUSE
from mailchimp_provider.page import actions, files, language, person, rights, views
from mailchimp_provider.page.rendering import rendered

log = logging.getLogger(__name__)

# For every address of the app: none can be added that asks for no login.
app = FastAPI(
    title="Mailchimp",
    docs_url=None,
    redoc_url=None,
    openapi_url=None,
    dependencies=[
        Depends(rights.may_see),
        Depends(rights.know_reader),
        Depends(files.require_nameable),
    ],
)
for part in (views, person, actions, files, language):
    app.include_router(part.router)

_KINDS = {400: "wrong", 403: "forbidden", 404: "missing", 405: "wrong", 422: "wrong"}
#: Where Airflow shows the page.
_MENU = "plugin/mailchimp"


@app.exception_handler(HTTPException)
async def tell_refused(request: Request, error: HTTPException) -> Response:
    """A page in the reader's words. A program, which asks for no page, gets JSON."""
    if "text/html" not in request.headers.get("accept", ""):
        return await http_exception_handler(request, error)
    if error.status_code == 401:
        return _sign_in(request)
    kind = "expired" if error.detail == "expired" else _KINDS.get(error.status_code, "failed")
    return rendered(request, "refused.html", status=error.status_code, kind=kind, words="")


@app.exception_handler(Error)
def tell_unreadable(request: Request, error: Error) -> Response:
    """503 with a plain sentence when the warehouse cannot be read."""
    log.warning("the page cannot read the warehouse: %s", database_errors.describe(error))
    return _unreadable(request, _kind_of(error), "")


@app.exception_handler(AirflowNotFoundException)
def tell_undefined(request: Request, _: AirflowNotFoundException) -> Response:
    """503: Airflow has no such connection."""
    return _unreadable(request, "missing", "")


@app.exception_handler(PermanentError)
def tell_unfit(request: Request, error: PermanentError) -> Response:
    """503 with the error's own words: the connection leads to no warehouse, or to an old one."""
    log.warning("the page cannot read the warehouse: %s", error)
    return _unreadable(request, "schema", str(error))


@app.exception_handler(Exception)
def tell_failed(request: Request, error: Exception) -> Response:
    """500 in the reader's words. The error is in the log, without its values."""
    log.error("a view failed: %s", type(error).__name__)
    return rendered(request, "refused.html", status=500, kind="failed", words="")


def _unreadable(request: Request, kind: str, words: str) -> Response:
    again = "./" if request.method != "GET" else request.url.path.rpartition("/")[2] or "./"
    if request.method == "GET" and request.url.query:
        again = f"{again}?{request.url.query}"
    return rendered(
        request, "unreadable.html", status=503, connection_id=WAREHOUSE, kind=kind, words=words,
        again=again,
    )  # fmt: skip


def _kind_of(error: Error) -> str:
    words = str(error).lower()
    if not isinstance(error, OperationalError):
        return "other"
    return "password" if "password" in words or "authentication" in words else "network"


def _sign_in(request: Request) -> Response:
    """To Airflow's login, and back to where the reader was.

    A frame of Airflow's page says so instead: the login belongs into the window.
    """
    root = request.scope.get("root_path", "")
    base = root.rpartition("/")[0]
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.headers.get("sec-fetch-dest") in ("iframe", "frame"):
        return rendered(request, "signin.html", status=401, next=f"{base}/{_MENU}")
    if request.method != "GET":
        here = f"{root}/"
    return RedirectResponse(f"{base}/api/v2/auth/login?next={quote(here, safe='')}", 303)
