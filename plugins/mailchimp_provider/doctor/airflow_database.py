"""Reads Airflow's own database: pools, and whether DAGs are paused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from crm_mailchimp.errors import PermanentError


class AirflowDatabaseError(PermanentError):
    """Airflow's own database cannot be read."""


def pool_slots(name: str) -> int | None:
    """Slots of a pool of Airflow; None: there is no such pool.

    Raises:
        AirflowDatabaseError: the database cannot be read.
    """
    from airflow.models.pool import Pool  # noqa: PLC0415 - takes seconds
    from airflow.utils.session import create_session  # noqa: PLC0415
    from sqlalchemy import select  # noqa: PLC0415

    with _named(), create_session() as session:
        return session.scalar(select(Pool.slots).where(Pool.pool == name))


def pauses_of_dags() -> dict[str, bool]:
    """Whether each DAG that Airflow has read is paused, by id.

    Raises:
        AirflowDatabaseError: the database cannot be read.
    """
    from airflow.models.dag import DagModel  # noqa: PLC0415 - takes seconds
    from airflow.utils.session import create_session  # noqa: PLC0415
    from sqlalchemy import select  # noqa: PLC0415

    with _named(), create_session() as session:
        rows = session.execute(
            select(DagModel.dag_id, DagModel.is_paused).where(~DagModel.is_stale)
        )
        return {str(dag_id): bool(is_paused) for dag_id, is_paused in rows}


@contextmanager
def _named() -> Iterator[None]:
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - takes seconds

    try:
        yield
    except SQLAlchemyError as error:
        raise AirflowDatabaseError(
            f"Airflow's own database cannot be read ({type(error).__name__}): check"
            " database.sql_alchemy_conn, and run airflow db migrate"
        ) from None
