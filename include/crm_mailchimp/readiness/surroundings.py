"""What the pipeline finds around it: its settings, and the folder of Data Docs."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from crm_mailchimp.readiness.finding import Verdict
from crm_mailchimp.setting_group import SettingError
from crm_mailchimp.settings import GROUPS, BillSettings


def usable_settings(environment: Mapping[str, str]) -> Iterator[tuple[Verdict, str]]:
    """Whether each value of the environment can be obeyed.

    Args:
        environment: variables by name.
    """
    number = wrong = 0
    for group in GROUPS:
        for field in group.model_fields:
            number += 1
            try:
                group.read(environment, only=field)
            except SettingError as error:
                wrong += 1
                yield "to do", str(error)
    if not wrong:
        yield "fine", f"all {number} settings can be obeyed"


def limits_of_accounts(
    environment: Mapping[str, str], accounts: Collection[str]
) -> Iterator[tuple[Verdict, str]]:
    """Whether ``MAILCHIMP_CONTACT_LIMIT`` names accounts that exist; a wrong value counts as none.

    Args:
        environment: variables by name.
        accounts: ids of the connections that the CRM names.
    """
    limits = BillSettings.read_usable(environment).mailchimp_contact_limit
    unknown = sorted(set(limits) - {"", *accounts})
    if unknown:
        yield (
            "to do",
            f"MAILCHIMP_CONTACT_LIMIT names {', '.join(unknown)}, and the CRM names"
            f" {', '.join(sorted(accounts))}: write one of these ids, or a number without an id",
        )


def folder_of_data_docs(folder: Path, *, is_chosen: bool) -> Iterator[tuple[Verdict, str]]:
    """Whether reports of the quality checks can be written. Nothing is written to find out.

    Args:
        folder: where they are kept.
        is_chosen: ``DATA_DOCS_DIR`` names it; else it is in Airflow's home, and made when needed.
    """
    name = "DATA_DOCS_DIR" if is_chosen else "the folder data_docs in Airflow's home"
    place = folder if is_chosen or folder.exists() else folder.parent
    if not place.exists():
        yield "to do", f"{name} does not exist: make the folder, on each worker the same one"
    elif not place.is_dir():
        yield "to do", f"{name} is no folder: name a folder that all workers share"
    elif not os.access(
        place, os.R_OK | os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids
    ):
        yield (
            "to do",
            f"{name} is not writable for the account of this process: give it the right to read"
            " and write there",
        )
    elif is_chosen:
        yield "fine", f"{name} is writable here; it has to be the same folder on each worker"
    else:
        yield (
            "note",
            f"{name} is used. With workers on several machines, set DATA_DOCS_DIR to a folder that"
            " they share with the API server",
        )
