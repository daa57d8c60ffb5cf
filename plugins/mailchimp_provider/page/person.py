"""The view of a person: its own permission, and a record of each look-up.

The address comes in the body of a form. So no URL and no log has it.
"""

from __future__ import annotations

from contextlib import closing

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from crm_mailchimp.page_content.person import (
    MOST_LOOKUPS,
    MOST_MAILS,
    NobodyAskedForError,
    PersonContent,
    look_up,
)
from mailchimp_provider.connections import warehouse_connection
from mailchimp_provider.page.actions import read_form
from mailchimp_provider.page.rendering import rendered
from mailchimp_provider.page.rights import require_own_form, require_right
from mailchimp_provider.page.views import Done

router = APIRouter(dependencies=[Depends(require_right("person"))])


@router.get("/person")
def show_form(request: Request, done: Done = "") -> HTMLResponse:
    """The empty form."""
    return _shown(request, None, done=done)


@router.post("/person")
async def show_person(request: Request) -> HTMLResponse:
    """A person, by the form's field ``who``: an address, or a contact id."""
    form = await read_form(request)
    require_own_form(request, form.get("token", ""))
    try:
        found = await run_in_threadpool(_look_up, form.get("who", ""), request.state.reader)
    except NobodyAskedForError:
        return await run_in_threadpool(_shown, request, None, problem="empty")
    return await run_in_threadpool(_shown, request, found)


def _look_up(entered: str, reader: str) -> PersonContent:
    with closing(warehouse_connection()) as warehouse:
        return look_up(warehouse, entered, looked_up_by=reader)


def _shown(
    request: Request, found: PersonContent | None, *, done: str = "", problem: str = ""
) -> HTMLResponse:
    return rendered(
        request,
        "person.html",
        found=found,
        done=done,
        problem=problem,
        most_mails=MOST_MAILS,
        most_lookups=MOST_LOOKUPS,
    )
