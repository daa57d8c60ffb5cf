"""What the page "Mailchimp" hands out: quarantine and plans for a spreadsheet, and Data Docs."""

from __future__ import annotations

import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TextIO, cast
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, RedirectResponse, StreamingResponse
from starlette.responses import Response

from crm_mailchimp.quality.export import (
    BOM,
    UnknownCodeError,
    export_quarantine,
    require_known,
    require_known_reason,
)
from crm_mailchimp.sync.decisions.plan_export import NoPlanError, write_csv
from mailchimp_provider.connections import data_docs_folder, warehouse_connection
from mailchimp_provider.page.rendering import rendered

router = APIRouter()

_CHUNK = 64 * 1024
#: Longer than any address that the page itself writes.
_MOST_CHARACTERS = 1000
# Great Expectations' pages ask for scripts and styles of other sites: here, next to somebody's
# session, they get none. They are readable without.
_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self';"
    " frame-ancestors 'self'"
)


@router.get("/quarantine.csv")
def quarantine_file(
    request: Request, collection: str | None = None, reason: str | None = None
) -> Response:
    """Who is held back now, by contact id, as a spreadsheet in Greek opens it.

    Args:
        request: of the reader.
        collection: code; all of them by default. 404 for a code that the warehouse does not know.
        reason: code; any by default. 404 for an unknown one.
    """
    file = _new_file()
    with closing(warehouse_connection()) as warehouse:
        try:
            if collection is not None:
                require_known(warehouse, collection)
            if reason:
                require_known_reason(warehouse, reason)
        except UnknownCodeError as error:
            file.close()
            return _missing(request, str(error))
        export_quarantine(
            warehouse, file, collection_code=collection, reason_code=reason or None, delimiter=";"
        )
    name = "-".join(filter(None, ("quarantine", collection, reason)))
    return _spreadsheet(file, f"{name}.csv")


@router.get("/plan.csv")
def plan_file(request: Request, run: str, collection: str | None = None) -> Response:
    """A run's plan, member by member, as a spreadsheet in Greek opens it.

    Args:
        request: of the reader.
        run: Airflow's id of the run. 404 where it has no plan (any more).
        collection: code; all of the run by default.
    """
    file = _new_file()
    with closing(warehouse_connection()) as warehouse:
        try:
            write_csv(warehouse, file, run, collection_code=collection, delimiter=";")
        except NoPlanError as error:
            file.close()
            return _missing(request, str(error))
    return _spreadsheet(file, f"plan-{collection}.csv" if collection else "plan.csv")


@router.get("/data-docs/{staging_id}/")
def data_docs(request: Request, staging_id: int) -> Response:
    """To the page of Great Expectations about one snapshot's checks."""
    try:
        folder = _folder(staging_id)
        pages = sorted(folder.glob("validations/**/*.html"))
    except (OSError, ValueError):
        pages = []
    if not pages:
        return _missing(request, _no_data_docs(staging_id))
    return RedirectResponse(quote(pages[-1].relative_to(folder).as_posix()))


@router.get("/data-docs/{staging_id}/{path:path}")
def data_docs_file(request: Request, staging_id: int, path: str) -> Response:
    """One file of a snapshot's Data Docs, and none from elsewhere."""
    try:
        folder = _folder(staging_id)
        file = (folder / path).resolve()
        is_ours = file.is_relative_to(folder) and file.is_file()
    except (OSError, ValueError):  # a name that no file system can have
        is_ours = False
    if not is_ours:
        return _missing(request, _no_data_docs(staging_id))
    return FileResponse(file, headers={"Content-Security-Policy": _POLICY})


def require_nameable(request: Request) -> None:
    """Refuse what can be no name of ours, before a database or a file system sees it.

    Raises:
        HTTPException: 404 for such a path, 400 for such a parameter.
    """
    if not _is_nameable(request.scope["path"]):
        raise HTTPException(404, "nothing has this name")
    words = (word for pair in request.query_params.multi_items() for word in pair)
    if not all(map(_is_nameable, words)):
        raise HTTPException(400, "a parameter is too long or has characters that no value has")


def _is_nameable(word: str) -> bool:
    # Control characters and halves of surrogate pairs.
    return len(word) <= _MOST_CHARACTERS and not any(
        unicodedata.category(character) in ("Cc", "Cs") for character in word
    )


def _new_file() -> TextIO:
    # Written whole first: trouble with the warehouse is an error, not half a file.
    file = tempfile.TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115
    file.write(BOM)
    return cast("TextIO", file)


def _spreadsheet(file: TextIO, name: str) -> Response:
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "no-store",
    }
    return StreamingResponse(_read(file), media_type="text/csv; charset=utf-8", headers=headers)


def _folder(staging_id: int) -> Path:
    return (data_docs_folder() / f"staging-{staging_id}").resolve()


def _no_data_docs(staging_id: int) -> str:
    return (
        f"The Data Docs of snapshot {str(staging_id)[:20]} are not here. They are kept for"
        " KEEP_DATA_DOCS_DAYS, in DATA_DOCS_DIR, a folder that the API server and the workers must"
        " share."
    )


def _missing(request: Request, words: str) -> Response:
    return rendered(request, "refused.html", status=404, kind="missing", words=words)


def _read(file: TextIO) -> Iterator[str]:
    with file:
        file.seek(0)
        while text := file.read(_CHUNK):
            yield text
