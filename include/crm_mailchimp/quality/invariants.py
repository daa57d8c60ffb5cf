"""Great Expectations on a staged run: what must never be, asserted once, by counts.

The counts are taken in SQL from the staged facts. Lists of failing contacts would hold rows in
memory and put people into Data Docs. The documents show only numbers and collection codes.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg import Connection

from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult

log = logging.getLogger(__name__)

#: Every one of these is zero, for every collection, or the collection is not pushed.
INVARIANTS = (
    "contacts_without_verdict",
    "contacts_with_two_verdicts",
    "unknown_reasons",
    "eligible_without_valid_address",
    "repeated_eligible_addresses",
    "eligible_without_consent",
    "eligible_refused_or_erased",
    "eligible_inactive",
    "eligible_suppressed",
)
_RATIO = "eligible_ratio_to_last_time"
_SITE = "data_docs"
_COUNTS = """
select
    collection_code, contacts_without_verdict, contacts_with_two_verdicts, unknown_reasons,
    eligible_without_valid_address, repeated_eligible_addresses, eligible_without_consent,
    eligible_refused_or_erased, eligible_inactive, eligible_suppressed,
    eligible_ratio_to_last_time::double precision as eligible_ratio_to_last_time
from sync.staging_invariant
where staging_id = %s
"""


def check(warehouse: Connection[Any], *, staging_id: int, data_docs: Path) -> dict[str, list[str]]:
    """Assert the invariants of a staging and write Data Docs.

    A collection that breaks one is marked ``failed`` in the staging, so that only it is not
    pushed. An eligible count far from the last one is a warning, in the documents and in the
    collection's result. It stops nothing: the removal guard asks a person before many are removed.

    Args:
        warehouse: the warehouse; committed here.
        staging_id: a finished staging.
        data_docs: folder for the HTML documents.

    Returns:
        broken invariants by collection code; empty when all hold.
    """
    warehouse.execute("delete from sync.staging_invariant where staging_id = %s", (staging_id,))
    warehouse.execute(statement("staging/count_breaches"), {"staging_id": staging_id})
    warehouse.commit()
    counts = read_rows(warehouse, dict, _COUNTS, (staging_id,))
    warehouse.commit()
    result = _validate(staging_id, counts, data_docs)
    broken = _unmet(result, INVARIANTS)
    warehouse.execute(
        statement("staging/remark_unusual_counts"),
        {"staging_id": staging_id, "collection_codes": list(_unmet(result, [_RATIO]))},
    )
    for code, names in broken.items():
        warehouse.execute(
            "update sync.staged_collection set problem_code = 'invariant_failed',"
            " problem_state = 'failed', problem_detail = %s"
            " where staging_id = %s and collection_code = %s",
            (f"{', '.join(names)}: see the Data Docs of this run", staging_id, code),
        )
        log.error("collection %s breaks %s", code, ", ".join(names))
    warehouse.execute(
        "update sync.staging_run set checked_at = now(), data_docs = %s where staging_id = %s",
        (str(data_docs / "index.html"), staging_id),
    )
    warehouse.commit()
    return broken


def _validate(
    staging_id: int, counts: Sequence[dict[str, Any]], data_docs: Path
) -> ExpectationSuiteValidationResult:
    # Great Expectations reports usage over the network unless this is set before its import.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx  # noqa: PLC0415  # takes seconds
    import great_expectations.expectations as gxe  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415
    from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415

    # An ephemeral context: a project on disk would keep the database's password in a file.
    context = gx.get_context(mode="ephemeral")
    # They go to stderr, which Airflow logs as errors.
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    data_docs.mkdir(parents=True, exist_ok=True)
    for name in list(context.get_site_names()):
        context.delete_data_docs_site(site_name=name)
    context.add_data_docs_site(
        site_name=_SITE,
        site_config={
            "class_name": "SiteBuilder",
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            "store_backend": {
                "class_name": "TupleFilesystemStoreBackend",
                "base_directory": str(data_docs.resolve()),
            },
        },
    )
    # The counts come over the warehouse's own connection, one row a collection. A second connection
    # would need the same TLS, password and options, in the words of another library.
    batch = (
        context.data_sources.add_pandas("warehouse")
        .add_dataframe_asset("staging invariants")
        .add_batch_definition_whole_dataframe("one run")
    )
    frame = pd.DataFrame(counts, columns=["collection_code", *INVARIANTS, _RATIO])
    suite = context.suites.add(gx.ExpectationSuite(name="Staged contacts"))
    between = gxe.ExpectColumnValuesToBeBetween
    for name in INVARIANTS:
        suite.add_expectation(between(column=name, min_value=0, max_value=0))
    suite.add_expectation(between(column=_RATIO, min_value=0.5, max_value=2, severity="warning"))
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name="Staged contacts of a run", data=batch, suite=suite)
    )
    outcome = context.checkpoints.add(
        gx.Checkpoint(
            name="Staged contacts",
            validation_definitions=[definition],
            actions=[gx.checkpoint.UpdateDataDocsAction(name="data docs", site_names=[_SITE])],
            result_format={
                "result_format": "COMPLETE",
                "unexpected_index_column_names": ["collection_code"],
                "return_unexpected_index_query": False,
            },
        )
    ).run(
        batch_parameters={"dataframe": frame},
        run_id=gx.RunIdentifier(run_name=f"staging {staging_id}"),
    )
    result: ExpectationSuiteValidationResult = next(iter(outcome.run_results.values()))
    return result


def _unmet(
    result: ExpectationSuiteValidationResult, columns: Sequence[str]
) -> dict[str, list[str]]:
    """Of these columns, the ones whose expectation is not met, by collection code."""
    unmet: dict[str, list[str]] = {}
    for expectation in result.results:
        config = expectation.expectation_config
        if expectation.success or config is None:
            continue
        column = config.kwargs["column"]
        if expectation.exception_info.get("raised_exception"):
            raise RuntimeError(f"Great Expectations could not check {column!r}")
        if column in columns:
            for row in expectation.result["unexpected_index_list"]:
                unmet.setdefault(row["collection_code"], []).append(column)
    return unmet
