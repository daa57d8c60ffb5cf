"""The quarantine as CSV: complete, readable in Excel, and nothing in it runs."""

from __future__ import annotations

import csv
import html
import io
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from hypothesis import example, given
from hypothesis import strategies as st

from crm_mailchimp.quality.__main__ import main
from crm_mailchimp.quality.export import COLUMNS, SheetWriter, defuse
from mailchimp_provider.page import files

ROWS = [
    ("NEWS", 7, "rejected_by_mailchimp", "=HYPERLINK(\"http://κακό.gr\";\"Πατήστε\")", None),
    ("NEWS", 8, "missing_email", None, None),
    ("NEWS", 9, "invalid_email", "ό,τι; \"να\" 'ναι\nδεύτερη γραμμή", None),
    ("=ΠΡΟΣΦΟΡΕΣ", 7, "no_consent", "-2+3", None),
    ("NEWS", 10, "no_consent", None, "2026-11-02T10:00:00+02:00"),
]  # fmt: skip


@pytest.fixture
def quarantine(warehouse_db: str) -> str:
    with psycopg.connect(warehouse_db) as warehouse:
        for row in ROWS:
            warehouse.execute(
                "insert into sync.quarantine (collection_code, contact_id, reason_code, detail,"
                " first_seen_at, last_seen_at, resolved_at) values (%s, %s, %s, %s,"
                " '2026-11-01T00:30:00+02:00', '2026-11-23T09:00:00Z', %s)",
                row,
            )
    return warehouse_db


def rows_of(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def test_file_holds_every_open_row_with_what_to_do(
    quarantine: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "καραντίνα.csv"
    target.write_text("old", encoding="utf-8")
    assert main(["export", "--dsn", quarantine, "--output", str(target)]) == 0
    assert "4 rows" in capsys.readouterr().out
    assert target.stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == [target.name]
    rows = rows_of(target.read_bytes().decode("utf-8"))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["collection_code"], row["contact_id"]) for row in rows] == [
        ("'=ΠΡΟΣΦΟΡΕΣ", "7"), ("NEWS", "8"), ("NEWS", "9"), ("NEWS", "7"),
    ]  # fmt: skip
    broken = rows[2]
    assert broken["detail"] == ROWS[2][3]
    assert broken["explanation"] == "The e-mail address is not well formed."
    assert broken["what_to_do"] == "Correct the address."
    assert (broken["first_seen_at"], broken["last_seen_at"], broken["resolved_at"]) == (
        "2026-10-31 22:30:00", "2026-11-23 09:00:00", "",
    )  # fmt: skip
    assert rows[3]["detail"].startswith("'=HYPERLINK")

    assert main([
        "export", "--dsn", quarantine, "--output", str(target), "--collection", "NEWS", "--all",
        "--bom", "--delimiter", ";",
    ]) == 0  # fmt: skip
    raw = target.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = rows_of(raw.decode("utf-8-sig"), ";")
    assert sorted(int(row["contact_id"]) for row in rows) == [7, 8, 9, 10]
    assert all(not cell.startswith(("=", "-")) for row in rows for cell in row.values())


def test_terminal_gets_utf8_whatever_its_locale(quarantine: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "crm_mailchimp.quality", "export", "--dsn", quarantine],
        capture_output=True,
        check=True,
        env={"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    )
    assert len(rows_of(done.stdout.decode("utf-8"))) == 4
    assert b"\r\r" not in done.stdout


def test_errors_are_one_line(quarantine: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--dsn", quarantine, "--output", "/no/such/folder/q.csv"]) == 1
    assert main(["export", "--dsn", "postgresql://127.0.0.1:1/none"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("error: ") for line in lines)


def test_an_unknown_code_names_the_known_ones(
    quarantine: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "q.csv"
    words = ["export", "--dsn", quarantine, "--bom", "--collection"]
    for more in ([], ["--output", str(target)]):
        assert main([*words, "NOPE", *more]) == 1
        output = capsys.readouterr()
        assert output.out == ""
        assert output.err == (
            "error: the warehouse knows no collection with the code 'NOPE'. "
            "It knows: =ΠΡΟΣΦΟΡΕΣ, NEWS\n"
        )
    assert not list(tmp_path.iterdir())


def test_the_page_has_no_file_for_an_unknown_code(
    quarantine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = FastAPI()
    app.include_router(files.router)
    monkeypatch.setattr(files, "warehouse_connection", lambda: psycopg.connect(quarantine))
    with TestClient(app) as client:
        missing = client.get("/quarantine.csv", params={"collection": "NOPE"})
        known = client.get("/quarantine.csv", params={"collection": "NEWS"})
    assert missing.status_code == 404
    assert "It knows: =ΠΡΟΣΦΟΡΕΣ, NEWS" in missing.text
    assert known.status_code == 200
    assert len(rows_of(known.text.removeprefix("\ufeff"), ";")) == 3


def test_one_reason_alone(
    quarantine: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    app = FastAPI()
    app.include_router(files.router)
    monkeypatch.setattr(files, "warehouse_connection", lambda: psycopg.connect(quarantine))
    asked = {"collection": "NEWS", "reason": "missing_email"}
    with TestClient(app) as client:
        known = client.get("/quarantine.csv", params=asked)
        of_all = client.get("/quarantine.csv", params={"reason": "no_consent"})
        missing = client.get("/quarantine.csv", params=asked | {"reason": "NOPE"})
        empty = client.get("/quarantine.csv", params=asked | {"reason": ""})
    found = rows_of(known.text.removeprefix("\ufeff"), ";")
    assert [(row["contact_id"], row["reason_code"]) for row in found] == [("8", "missing_email")]
    assert "quarantine-NEWS-missing_email.csv" in known.headers["content-disposition"]
    assert [row["contact_id"] for row in rows_of(of_all.text.removeprefix("\ufeff"), ";")] == ["7"]
    assert missing.status_code == 404
    words = html.unescape(missing.text)
    assert "no reason with the code 'NOPE'" in words and "no_consent" in words
    assert len(rows_of(empty.text.removeprefix("\ufeff"), ";")) == 3

    assert main(["export", "--dsn", quarantine, "--reason", "no_consent", "--all"]) == 0
    rows = rows_of(capsys.readouterr().out)
    assert [row["contact_id"] for row in rows] == ["7", "10"]
    assert main(["export", "--dsn", quarantine, "--reason", "NOPE"]) == 1
    assert "no reason with the code 'NOPE'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/quarantine.csv?collection=%00", 400),
        ("/quarantine.csv?reason=NEWS%00", 400),
        ("/quarantine.csv?collection=NEWS%00", 400),
        ("/quarantine.csv?%00=1", 400),
        (f"/quarantine.csv?collection={'x' * 5_000}", 400),
        ("/quarantine.csv?collection=%ED%A0%80", 404),
        ("/quarantine.csv?collection=%FF", 404),
        ("/quarantine.csv?collection=NEWS&other=%0d%0aSet-Cookie:%20x", 400),
        ("/data-docs/1/%00", 404),
        ("/data-docs/1/a%00b/index.html", 404),
        (f"/data-docs/1/{'x' * 5_000}", 404),
        (f"/data-docs/1/{'x' * 300}", 404),
        (f"/data-docs/1/{'%CE%B1' * 200}", 404),
        ("/data-docs/1/%FF%FE", 404),
        ("/data-docs/1/..%2f..%2fetc%2fpasswd", 404),
        ("/data-docs/1//etc/passwd", 404),
        (f"/data-docs/{'9' * 400}/", 404),
        (f"/data-docs/{'9' * 400}/x", 404),
        (f"/data-docs/{'9' * 5_000}/", 404),
        ("/data-docs/-1/", 404),
        ("/data-docs/%00/", 404),
        ("/%00", 404),
    ],
)
def test_what_can_be_no_name_is_refused_and_breaks_nothing(
    quarantine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, status: int
) -> None:
    app = FastAPI(dependencies=[Depends(files.require_nameable)])
    app.include_router(files.router)
    monkeypatch.setattr(files, "warehouse_connection", lambda: psycopg.connect(quarantine))
    monkeypatch.setenv("DATA_DOCS_DIR", str(tmp_path))
    with TestClient(app) as client:
        assert client.get(path).status_code == status


SIGNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
#: Texts of what separates cells, of what begins formulas, and of anything.
HOSTILE = st.lists(st.sampled_from([*SIGNS, *",;|: \"'\n", "1+1", "ΝΕΑ", "x"]) | st.text()).map(
    "".join
)


@given(HOSTILE)
def test_no_cell_begins_like_a_formula(text: str) -> None:
    safe = defuse(text)
    assert not safe.lstrip(" ").startswith(SIGNS)
    assert safe.replace("'", "") == text.replace("'", "")


@given(st.lists(HOSTILE, min_size=1, max_size=4), st.sampled_from(",;\t|"))
@example(["NEWS", "NEWS,=1+1,x", "7"], ";")
@example(["NEWS", '","=1+1', "7"], ";")
def test_no_cell_runs_whatever_the_separator_it_is_read_with(row: list[str], own: str) -> None:
    file = io.StringIO(newline="")
    SheetWriter(file, delimiter=own).write(row)
    assert file.getvalue().count('"') >= 2 * len(row)
    for other in (",", ";", "\t", "|", ":"):
        for cells in csv.reader(io.StringIO(file.getvalue(), newline=""), delimiter=other):
            for cell in cells:
                assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", *SIGNS[6:])), cells


def test_ordinary_words_stay_as_they_are() -> None:
    for text in (
        "Νέα - εβδομαδιαία",
        "a@b.gr",
        "1-2",
        "ό,τι; να",
        "https://x.gr/?a=1&b=2",
        "10:30",
    ):
        assert defuse(text) == text
