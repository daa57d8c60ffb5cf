"""Writes the documents that are made from the code: ``.env.example`` and ``docs/settings.md``.

Run by ``make docs``. With ``--check`` it writes nothing, names the documents that differ, and exits
with 1 if any does.
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from query_page import query_page

from crm_mailchimp.setting_group import Settings
from crm_mailchimp.settings import GROUPS

ROOT = Path(__file__).parents[1]
_WIDTH = 100


@dataclass(frozen=True, kw_only=True)
class Variable:
    """One environment variable as the documents show it.

    Attributes:
        name: of the variable.
        text: what it does, in sentences.
        form: what to write.
        command: makes a value, or what the value needs.
        default: the value without it; empty where it has none.
        example: a value to show where it has no default.
        is_required: it must be set, and has neither default nor example.
    """

    name: str
    text: str
    form: str
    command: str = ""
    default: str = ""
    example: str = ""
    is_required: bool = False


@dataclass(frozen=True, kw_only=True)
class Section:
    """Variables under one heading, and the command that makes their values."""

    title: str
    intro: str
    command: str = ""
    variables: Sequence[Variable]


CONNECTIONS = Section(
    title="The four connections of Airflow",
    intro="Airflow reads them. You can also set them on its web page or in a secrets backend. As"
    " environment variables they are a URI or JSON. Special characters in a URI are"
    " percent-encoded. The page docs/connection.md explains the connection to Mailchimp.",
    variables=(
        Variable(
            name="AIRFLOW_CONN_CRM_DB",
            text="The CRM's Postgres, with the schema crm of docs/crm_contract.md. The login only"
            " reads, unless the write-back is on.",
            form="a connection",
            example="postgresql://pipeline:secret@crm.example.com:5432/crm",
        ),
        Variable(
            name="AIRFLOW_CONN_CRM_QUERY_DB",
            text="The same database, with a login that reads the schema crm and nothing else."
            " Queries of dynamic collections use this login. Without it these collections fail"
            " with query_refused. Docker Compose needs a value, which may be empty. This command"
            " creates the login:",
            command="python -m crm_mailchimp.crm create --dsn ... --query-login crm_query",
            form="a connection",
            example="postgresql://crm_query:secret@crm.example.com:5432/crm",
        ),
        Variable(
            name="AIRFLOW_CONN_WAREHOUSE_DB",
            text="The warehouse: staging, sync state, statistics, marts. It may be another server.",
            form="a connection",
            example="postgresql://warehouse:secret@dwh.example.com:5432/warehouse",
        ),
        Variable(
            name="AIRFLOW_CONN_MAILCHIMP_DEFAULT",
            text="The Mailchimp account. The password is the API key. Its end (-us21) names the"
            " data centre. Only the sandbox needs a host, such as"
            " `mailchimp://:sandbox-us1@http%3A%2F%2F127.0.0.1%3A8099`.",
            form="a connection",
            example="mailchimp://:0123456789abcdef0123456789abcdef-us21@",
        ),
    ),
)

LOCAL = Section(
    title="The local installation",
    intro="make demo and make up read them.",
    variables=(
        Variable(
            name="CRM_MAILCHIMP_HOME",
            text="The folder for all files of the demo. Default: .local in the checkout.",
            form="a path",
            example="/var/tmp/crm-mailchimp",  # noqa: S108 - an example
        ),
        Variable(
            name="CRM_MAILCHIMP_UI_PORT",
            text="The port of Airflow's web page with make up. Default: 8080, or a free port if"
            " 8080 is in use.",
            form="a port",
            example="8081",
        ),
    ),
)

MAKE = Section(
    title="Installing",
    intro="The Makefile reads them.",
    variables=(
        Variable(
            name="PYTHON",
            text="The Python for .venv. Default: the first Python from 3.11 to 3.14 on the PATH.",
            form="a path",
            example="/usr/bin/python3.11",
        ),
        Variable(
            name="UV_CACHE_DIR",
            text="The folder for downloaded packages. Default: .local/cache/uv, so that make clean"
            " removes it.",
            form="a path",
            example="/var/tmp/uv-cache",  # noqa: S108 - an example
        ),
    ),
)

COMPOSE = Section(
    title="Docker Compose",
    intro="The first five are required. They become parts of web addresses, so use letters and"
    " digits only. This command makes a value:",
    command='python3 -c "import secrets; print(secrets.token_hex(24))"',
    variables=(
        Variable(
            name="POSTGRES_PASSWORD",
            text="The superuser's password in the Postgres container. Its databases are airflow,"
            " warehouse, and crm for the sample CRM. It is also the password of Redis.",
            form="letters and digits",
            is_required=True,
        ),
        Variable(
            name="AIRFLOW_ADMIN_PASSWORD",
            text='The password of the user "admin" on Airflow\'s web page.',
            form="letters and digits",
            is_required=True,
        ),
        Variable(
            name="AIRFLOW_FERNET_KEY",
            text="The key that encrypts the secrets that Airflow stores. This command makes it:",
            command='python3 -c "import base64, secrets;'
            ' print(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())"',
            form="32 bytes as URL-safe base64",
            is_required=True,
        ),
        Variable(
            name="AIRFLOW_API_SECRET",
            text="The key that signs the web page's sessions.",
            form="letters and digits",
            is_required=True,
        ),
        Variable(
            name="AIRFLOW_JWT_SECRET",
            text="The key that signs the tokens between Airflow's components.",
            form="letters and digits",
            is_required=True,
        ),
        Variable(
            name="AIRFLOW_PORT",
            text="The port of the web page on this machine.",
            form="a port",
            default="8080",
        ),
        Variable(
            name="AIRFLOW_EXECUTOR",
            text="What runs the tasks: LocalExecutor, or CeleryExecutor with the profile celery"
            " (docs/deployment.md).",
            form="LocalExecutor or CeleryExecutor",
            default="LocalExecutor",
        ),
        Variable(
            name="AIRFLOW_WORKER_TASKS",
            text="How many tasks each worker of the profile celery runs at once.",
            form="a whole number",
            default="8",
        ),
        Variable(
            name="SUPERSET_ADMIN_PASSWORD",
            text='The password of the user "admin" in Superset. The profile bi needs it.',
            form="letters and digits",
        ),
        Variable(
            name="SUPERSET_SECRET_KEY",
            text="The key that encrypts what Superset stores. The profile bi needs it.",
            form="letters and digits",
        ),
        Variable(
            name="SUPERSET_PORT",
            text="The port of Superset on this machine.",
            form="a port",
            default="8088",
        ),
        Variable(
            name="BI_PASSWORD",
            text="The password of the login bi, which Superset reads the warehouse with. The"
            " profile bi makes this login in the Postgres container.",
            form="letters and digits",
        ),
        Variable(
            name="BI_DSN",
            text="The warehouse through a BI login that you made, for a warehouse elsewhere. Then"
            " BI_PASSWORD is not needed.",
            form="a DSN",
            example="postgresql://bi:secret@dwh.example.com:5432/warehouse",
        ),
    ),
)


def sections() -> Iterator[Section]:
    """All variables, in the order of the documents."""
    yield CONNECTIONS
    for group in GROUPS:
        yield _section(group)
    yield LOCAL
    yield MAKE
    yield COMPOSE


def _section(group: type[Settings]) -> Section:
    title, _, intro = (inspect.getdoc(group) or "").partition("\n")
    variables = [
        Variable(
            name=name.upper(),
            text=field.description or "",
            form=group.form(name).words,
            default=group.written_default(name),
            example=str(field.examples[0]) if field.examples else "",
        )
        for name, field in group.model_fields.items()
    ]
    return Section(title=title, intro=" ".join(intro.split()), variables=variables)


def example_file() -> str:
    """``.env.example``."""
    lines = [
        "# Written by `make docs` from include/crm_mailchimp/settings.py and tools/write_docs.py.",
        "# Every environment variable, with what it does. All are optional unless said otherwise.",
        "# Docker Compose reads a copy of this file by itself:  cp .env.example .env",
        "# Everywhere else set them in the environment (export NAME=value, systemd, Kubernetes).",
    ]
    for section in sections():
        lines += ["", f"# {'-' * 64} {section.title}", *_comment(section.intro, section.command)]
        for variable in section.variables:
            mark = "" if variable.is_required else "# "
            value = variable.default or variable.example
            lines += [
                "",
                *_comment(variable.text, variable.command),
                f"{mark}{variable.name}={value}",
            ]
    return "\n".join(lines) + "\n"


def _comment(text: str, command: str) -> list[str]:
    lines = textwrap.wrap(
        text,
        _WIDTH,
        initial_indent="# ",
        subsequent_indent="# ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [*lines, *([f"#   {command}"] if command else [])]


_PAGE_HEAD = """\
# Settings

<!-- Written by `make docs` from include/crm_mailchimp/settings.py and tools/write_docs.py. -->

All settings are environment variables. All are optional, except the first five of
[Docker Compose](#docker-compose). [.env.example](../.env.example) has the same list as a file to
copy. Spaces around a value do not count. An empty value means the default. Only an empty schedule
has a meaning of its own.

A value that cannot be obeyed is refused by name. The error says what is wrong and what to write.
The task fails at once, and Airflow does not repeat it. The rest of the work goes on:

| wrong value of | what happens until it is corrected |
|---|---|
| a schedule | the DAG uses the default schedule; each run fails at its end |
| `APPROVAL_TIMEOUT_HOURS`, `APPROVAL_ASK_AGAIN_HOURS` | \
`approve_removals` and `release_campaigns` ask nobody, and fail |
| the sync, also `APPROVAL_VALID_HOURS` | \
each removal that is not mandatory waits for approval; runs fail at their end |
| `WRITE_BACK_…` | nothing is written back; runs fail at their end |
| `ALERT_…` | alerts go out without that value; runs fail at their end |
| the thresholds of a sync | collections are judged by the default; runs fail at their end |
| `REPORT_TIME_ZONE`, `REFRESH_MARTS_HOURS` | the marts are not refreshed |
| `SENDING_…` | sendings are judged by the default; runs of `watch_sendings` fail at their end |
| `CAMPAIGN_…` | no campaign is scheduled or sent; campaigns near their time are taken back |
| `KEEP_…` | that kind of data is kept; the other ages are obeyed; runs fail at their end |
| `DATA_DOCS_DIR` | the default folder is used; runs fail at their end |"""


def settings_page() -> str:
    """``docs/settings.md``."""
    parts = [_PAGE_HEAD]
    for section in sections():
        words = _linked(section.intro) + _command(section.command)
        intro = textwrap.fill(words, _WIDTH, break_long_words=False, break_on_hyphens=False)
        rows = [
            f"| `{variable.name}` | {variable.form} | {_default(variable)} | {_cell(variable)} |"
            for variable in section.variables
        ]
        table = ["| variable | value | default | what it does |", "|---|---|---|---|", *rows]
        parts.append(
            "\n".join([f"## {section.title}", "", *([intro, ""] if intro else []), *table])
        )
    return "\n".join(f"{part}\n" for part in parts)


def _default(variable: Variable) -> str:
    if variable.is_required:
        return "required"
    return f"`{variable.default}`" if variable.default else ""


def _cell(variable: Variable) -> str:
    example = f" Example: `{variable.example}`" if variable.example else ""
    return f"{_linked(variable.text)}{_command(variable.command)}{example}".replace("|", "\\|")


def _linked(text: str) -> str:
    """The page is in the folder docs: names of its neighbours become links."""
    return re.sub(r"\bdocs/(\w+\.md)", r"[\1](\1)", text)


def _command(command: str) -> str:
    return f" `{command}`" if command else ""


def documents() -> dict[Path, str]:
    """The text of each document that is made from the code."""
    return {
        ROOT / ".env.example": example_file(),
        ROOT / "docs" / "settings.md": settings_page(),
        ROOT / "docs" / "dynamic_queries.md": query_page(),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the documents; returns the exit code."""
    parser = argparse.ArgumentParser(description="Writes the documents made from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing, name what differs")
    check = parser.parse_args(arguments).check
    differing = [
        path
        for path, text in documents().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if check:
        for path in differing:
            sys.stderr.write(f"{path.relative_to(ROOT)} is not up to date: run make docs\n")
        return 1 if differing else 0
    for path in differing:
        path.write_text(documents()[path], encoding="utf-8")
        sys.stdout.write(f"written: {path.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
