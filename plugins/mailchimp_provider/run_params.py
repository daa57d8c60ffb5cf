"""A run's params: a misspelt one is refused, because its default may mean "all of them"."""

from __future__ import annotations

from collections.abc import Iterable

from crm_mailchimp.errors import PermanentError


class UnknownParamError(PermanentError):
    """A run was started with a param that its DAG does not have."""


def require_known_params() -> None:
    """Refuse the task if somebody gave its run a param that the DAG does not have.

    Airflow 3.3.2 accepts such a param and ignores it.

    Raises:
        UnknownParamError: it names the param and those that the DAG has.
    """
    from airflow.sdk import get_current_context  # noqa: PLC0415 - takes seconds

    try:
        context = get_current_context()
    except RuntimeError:  # the function was not called by a task: nobody gave params
        return
    refuse_unknown(context["dag"].dag_id, context["dag_run"].conf or {}, context["dag"].params)


def refuse_unknown(dag_id: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Refuse params that a DAG does not have.

    Args:
        dag_id: for the words.
        given: names of params that the run was started with.
        known: names of params that the DAG has.

    Raises:
        UnknownParamError: at least one is unknown.
    """
    names = sorted(known)
    unknown = sorted(set(given) - set(names))
    if unknown:
        shown = ", ".join(repr(name)[:60] for name in unknown[:5])
        raise UnknownParamError(
            f"unknown param {shown}: nothing was done. {dag_id} has "
            + (", ".join(names) if names else "no params")
        )
