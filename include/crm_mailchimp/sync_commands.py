"""The commands of ``python -m crm_mailchimp.sync``: questions about people, plans and audiences.

They ask ``sync`` and ``data_protection``, so they are above both.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

import psycopg

from crm_mailchimp.command_end import fail
from crm_mailchimp.data_protection.explain import Explanation, explain_address, explain_contact
from crm_mailchimp.data_protection.known_under import UnknownAddressError
from crm_mailchimp.data_protection.subject_access import access_by_address, access_by_contact
from crm_mailchimp.database_errors import describe
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.quality.export import BOM, new_file
from crm_mailchimp.sync.audience.account_changes import close_account, rename_account
from crm_mailchimp.sync.audience.former_audiences import retire_by_code
from crm_mailchimp.sync.audience.list_defaults import show_provider_defaults
from crm_mailchimp.sync.audience.ownership import take_over
from crm_mailchimp.sync.decisions.plan_export import write_csv, write_table
from crm_mailchimp.sync.staging.known_collections import begin_as_new, continue_as_same
from crm_mailchimp.warehouse.opening import opened_warehouse


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    # People's names are Greek, whatever the terminal's locale says.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    try:
        read_only = options.command not in _WRITING
        with opened_warehouse(options.dsn, read_only=read_only) as warehouse:
            sys.stdout.write(_COMMANDS[options.command](warehouse, options))
    except psycopg.Error as error:
        return fail(describe(error))
    except (PermanentError, UnknownAddressError) as error:
        return fail(str(error))
    except BrokenPipeError:
        raise
    except OSError as error:
        place = getattr(options, "output", None) or "standard output"
        return fail(f"{place}: {error.strerror}")
    return 0


def _contact_id(text: str) -> int:
    """A contact id as an argument.

    Raises:
        ArgumentTypeError: no database can hold it.
    """
    if not text.isdecimal() or not 0 < int(text) < 2**63:
        raise argparse.ArgumentTypeError(f"{text!r} is no contact id: write a whole number above 0")
    return int(text)


def _explain(warehouse: psycopg.Connection[Any], options: argparse.Namespace) -> str:
    explanation: Explanation = (
        explain_address(warehouse, options.email)
        if options.email is not None
        else explain_contact(warehouse, options.contact)
    )
    return f"{explanation.as_json() if options.json else explanation.as_text()}\n"


def _access(warehouse: psycopg.Connection[Any], options: argparse.Namespace) -> str:
    known = (
        access_by_address(warehouse, options.email)
        if options.email is not None
        else access_by_contact(warehouse, options.contact)
    )
    forms = {"json": known.as_json, "html": known.as_html, "text": known.as_text}
    return f"{forms[options.format]()}\n"


def _retire(warehouse: psycopg.Connection[Any], options: argparse.Namespace) -> str:
    list_id = retire_by_code(warehouse, options.collection)
    return (
        f"audience {list_id} is not that of {options.collection} any more. Withdrawals still go "
        "out there; the next sync uses another audience\n"
    )


def _same_collection(warehouse: psycopg.Connection[Any], options: argparse.Namespace) -> str:
    old_id, new_id = continue_as_same(warehouse, options.collection)
    return (
        f"collection {options.collection} goes on under id {new_id} (before: {old_id}). The next "
        "sync uses its audience, its refusals and all its state\n"
    )


def _new_collection(warehouse: psycopg.Connection[Any], options: argparse.Namespace) -> str:
    old_id, new_id = begin_as_new(warehouse, options.collection)
    return (
        f"collection {options.collection} with id {new_id} is a new one. The next sync makes an "
        "audience for it, or goes on with the tag in the audience that it shares. Refusals in the "
        f"old one (id {old_id}) hold for it\n"
    )


def _take_over(warehouse: psycopg.Connection[Any], options: argparse.Namespace) -> str:
    list_id = take_over(warehouse, options.collection)
    return (
        f"audience {list_id} is that of {options.collection} from the next sync on. The other "
        "installation then leaves it alone\n"
    )


def _rename_account(warehouse: psycopg.Connection[Any], options: argparse.Namespace) -> str:
    audiences = rename_account(warehouse, options.old, options.new)
    return (
        f"{audiences} audiences of connection {options.old}, with their members and campaigns, are "
        f"known under connection {options.new} now\n"
    )


def _close_account(warehouse: psycopg.Connection[Any], options: argparse.Namespace) -> str:
    audiences = close_account(warehouse, options.account)
    return (
        f"{audiences} audiences of connection {options.account} count as deleted. What people "
        "refused there still holds. No run asks this account for them any more\n"
    )


def _plan(warehouse: psycopg.Connection[Any], options: argparse.Namespace) -> str:
    if options.output is None:
        # Not Python's own idea of a terminal's line ends; rows go out as they are read.
        sys.stdout.reconfigure(newline="")  # type: ignore[union-attr]
        _write_plan(warehouse, sys.stdout, options)
        return ""
    with new_file(options.output) as file:
        rows = _write_plan(warehouse, file, options)
    return f"{rows} rows in {options.output}\n"


def _write_plan(
    warehouse: psycopg.Connection[Any], target: TextIO, options: argparse.Namespace
) -> int:
    if options.format == "table":
        return write_table(warehouse, target, options.run, collection_code=options.collection)
    if options.bom:
        target.write(BOM)
    return write_csv(
        warehouse,
        target,
        options.run,
        collection_code=options.collection,
        delimiter=options.delimiter,
    )


def _defaults(warehouse: psycopg.Connection[Any], _options: argparse.Namespace) -> str:
    return f"{show_provider_defaults(warehouse)}\n"


_COMMANDS = {
    "explain": _explain,
    "access": _access,
    "plan": _plan,
    "defaults": _defaults,
    "retire": _retire,
    "same-collection": _same_collection,
    "new-collection": _new_collection,
    "take-over": _take_over,
    "rename-account": _rename_account,
    "close-account": _close_account,
}
_WRITING = frozenset(
    {
        *("retire", "same-collection", "new-collection", "take-over"),
        *("rename-account", "close-account"),
    }
)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m crm_mailchimp.sync", description="Questions about people and plans."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    explain = commands.add_parser(
        "explain", help="why is this address in which audiences, and why not in the others"
    )
    who = explain.add_mutually_exclusive_group(required=True)
    who.add_argument("--email", help="the address, in any spelling")
    who.add_argument(
        "--contact", type=_contact_id, metavar="ID", help="a contact id of the CRM instead"
    )
    explain.add_argument("--json", action="store_true", help="one JSON object instead of text")
    access = commands.add_parser(
        "access", help="everything that is known about one person (subject access)"
    )
    whose = access.add_mutually_exclusive_group(required=True)
    whose.add_argument("--email", help="the address, in any spelling, well formed or not")
    whose.add_argument(
        "--contact", type=_contact_id, metavar="ID", help="a contact id of the CRM instead"
    )
    access.add_argument("--format", choices=("json", "html", "text"), default="json")
    retire = commands.add_parser(
        "retire", help="take a collection's audience away from it, as after it was deleted"
    )
    retire.add_argument("--collection", required=True, metavar="CODE", help="whose audience")
    same = commands.add_parser(
        "same-collection",
        help="a collection that came back under a new id is the same one: it goes on as it was",
    )
    new = commands.add_parser(
        "new-collection",
        help="a collection that came back under a new id is a new one: refusals hold for it, too",
    )
    taking = commands.add_parser(
        "take-over",
        help="use the audience of another installation that the last sync was blocked by",
    )
    for decision in (same, new, taking):
        decision.add_argument("--collection", required=True, metavar="CODE", help="its code")
    renaming = commands.add_parser(
        "rename-account", help="an account's connection has another id: what is known stays"
    )
    renaming.add_argument("--from", dest="old", required=True, metavar="ID", help="its id before")
    renaming.add_argument("--to", dest="new", required=True, metavar="ID", help="its id now")
    closing = commands.add_parser(
        "close-account", help="an account is gone for good: all its audiences count as deleted"
    )
    closing.add_argument("--account", required=True, metavar="ID", help="of its connection")
    plan = commands.add_parser(
        "plan", help="what a run, such as a dry run, would do: by contact id, no addresses"
    )
    plan.add_argument("--run", required=True, metavar="RUN_ID", help="Airflow's id of the run")
    plan.add_argument("--collection", metavar="CODE", help="only this collection")
    plan.add_argument("--format", choices=("table", "csv"), default="table")
    plan.add_argument(
        "--output", type=Path, metavar="FILE", help="write here instead of to the terminal"
    )
    plan.add_argument("--bom", action="store_true", help="of a CSV: begin as Excel needs it")
    plan.add_argument(
        "--delimiter",
        default=",",
        choices=[",", ";", "\t"],
        help="of a CSV; Excel in Greek expects ';' (default: ',')",
    )
    defaults = commands.add_parser(
        "defaults", help="what DAG get_mailchimp_defaults read last, beside the CRM's values"
    )
    for command in (
        explain, access, plan, defaults, retire, same, new, taking, renaming, closing,
    ):  # fmt: skip
        command.add_argument(
            "--dsn", required=True, help="postgresql://… or libpq keywords of the warehouse"
        )
    return parser
