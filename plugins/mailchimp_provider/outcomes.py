"""How errors of the work become outcomes of Airflow tasks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from airflow.sdk.exceptions import AirflowFailException

from crm_mailchimp.error_words import located
from crm_mailchimp.errors import PermanentError, ProviderError
from mailchimp_provider.run_params import require_known_params


class AnnouncedFailure(AirflowFailException):
    """A failure that no retry heals, and that an alert of its own has informed people."""


@contextmanager
def fail_without_retry() -> Iterator[None]:
    """Fail the task at once on what no retry can heal: a rule, a setting, Mailchimp's refusal.

    Faults that can heal (connections, overload) pass through, and Airflow's retries deal with
    them. Database errors pass on without the rows they quote. The task's log has no stack frames
    of any of them. A run with a param that its DAG does not have fails before any work.

    Raises:
        AirflowFailException: the work says that trying again is of no use.
    """
    from crm_mailchimp.database_errors import without_data  # noqa: PLC0415 - loads psycopg
    from mailchimp_provider.connections import is_undefined_connection  # noqa: PLC0415
    from mailchimp_provider.plain_failures import show_no_frames  # noqa: PLC0415
    from mailchimp_provider.table_lineage import noted_tables  # noqa: PLC0415

    show_no_frames()
    try:
        require_known_params()
        with noted_tables(), without_data():
            yield
    except PermanentError as error:
        failure = AnnouncedFailure if error.is_announced else AirflowFailException
        raise failure(located(error)) from None
    except ProviderError as error:
        if error.retryable:
            raise
        raise AirflowFailException(located(error)) from None
    except Exception as error:
        if not is_undefined_connection(error):
            raise
        raise AirflowFailException(
            f"{error}: define it (Admin, Connections, or AIRFLOW_CONN_… in the environment); the"
            " pipeline's connections are crm_db, crm_query_db, warehouse_db and mailchimp_default"
        ) from None


class Problems:
    """What no retry heals in the parts of a task: one part's problem does not stop the others."""

    def __init__(self) -> None:
        self._problems: list[PermanentError] = []

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Carry out one part; note what no retry can heal, and go on after it."""
        try:
            yield
        except PermanentError as error:
            self._problems.append(error)

    def require_none(self) -> None:
        """Raises:
        PermanentError: parts had problems; it names all of them.
        """
        if len(self._problems) == 1:
            raise self._problems[0]
        if self._problems:
            raise PermanentError("; ".join(located(problem) for problem in self._problems))
