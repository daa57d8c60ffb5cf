"""From Airflow's connections to what the work below ``include/`` takes: the only place that joins.

The ids of database connections are fixed: ``crm_db``, ``crm_query_db``, ``warehouse_db``. Those of
Mailchimp accounts are in the CRM (``crm.external_provider``); ``mailchimp_default`` is the default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from crm_mailchimp.accounts import DEFAULT_ACCOUNT, Accounts, AccountUnusableError
from crm_mailchimp.settings import DataDocsSettings
from mailchimp_provider.connection_type import WrongConnectionTypeError, require_type

if TYPE_CHECKING:
    from psycopg import Connection

    from crm_mailchimp.crm.dynamic_query import QueryFailedError
    from crm_mailchimp.mailchimp.mailchimp import Mailchimp

CRM = "crm_db"
CRM_QUERY = "crm_query_db"
WAREHOUSE = "warehouse_db"
#: Seconds that a task queues for one of an account's slots.
SLOT_SECONDS = 3600.0


class Connections:
    """What one task opens, each when it is asked for; closed together at the end.

    Postgres connections commit when the task succeeds, and roll back when it fails.
    """

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def warehouse(self) -> Connection[Any]:
        """A connection to the warehouse, if it is this Airflow's."""
        return self._stack.enter_context(own_warehouse_connection())

    def crm(self, *, autocommit: bool = False) -> Connection[Any]:
        """A connection to the CRM.

        Args:
            autocommit: each statement sees what is committed at its own time.
        """
        connection = self._stack.enter_context(crm_connection())
        connection.autocommit = autocommit
        return connection

    def crm_snapshot(self) -> tuple[Connection[Any], Connection[Any] | QueryFailedError | None]:
        """The CRM's two connections for one snapshot: ours, and the login for dynamic queries."""
        return self._stack.enter_context(crm_snapshot_connections())

    def mailchimp(self, account: str = DEFAULT_ACCOUNT) -> Mailchimp:
        """An account's client, in one of its slots; see ``mailchimp`` below."""
        return self._stack.enter_context(mailchimp(account))

    def accounts(self, *, read_only: bool = False) -> Accounts[Mailchimp]:
        """All accounts, each opened when it is needed.

        Args:
            read_only: the clients refuse every request but GET.
        """

        def open_client(
            account: str, wait_seconds: float | None
        ) -> AbstractContextManager[Mailchimp]:
            return mailchimp(
                account,
                slot_seconds=SLOT_SECONDS if wait_seconds is None else wait_seconds,
                read_only=read_only,
            )

        return self._stack.enter_context(Accounts(open_client))


@contextmanager
def opened() -> Iterator[Connections]:
    """Connections for as long as the block runs."""
    with ExitStack() as stack:
        yield Connections(stack)


def warehouse_connection() -> Connection[Any]:
    """A new connection to the warehouse; the caller closes it (``with`` does, and commits).

    Raises:
        NoWarehouseError: the database was never migrated.
        OldWarehouseError: its migrations are behind this code.
    """
    from crm_mailchimp.warehouse.opening import require_current  # noqa: PLC0415 - only in tasks

    return _fitting(_postgres(WAREHOUSE), require_current)


def own_warehouse_connection() -> Connection[Any]:
    """The same for a task's work: only one Airflow works with a warehouse.

    Raises:
        OtherDeploymentError: the warehouse belongs to another Airflow, or to none.
        NoWarehouseError, OldWarehouseError: as ``warehouse_connection``.
    """
    from mailchimp_provider.deployment import require_own_warehouse  # noqa: PLC0415 - only in tasks

    return _fitting(warehouse_connection(), require_own_warehouse)


def warehouse_dsn() -> str:
    """The warehouse's DSN as libpq knows it, with the password, for what migrates it."""
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - only in commands

    with closing(_postgres(WAREHOUSE)) as connection:
        known = connection.info
        return make_conninfo("", **known.get_parameters(), password=known.password)


def crm_connection() -> Connection[Any]:
    """A new connection to the CRM; the caller closes it.

    Raises:
        NoContractError: the database has no schema of the CRM.
        CrmReplicaError: it is a read replica.
    """
    from crm_mailchimp.crm.opening import require_contract  # noqa: PLC0415 - only in tasks

    return _fitting(_postgres(CRM), require_contract)


def crm_query_connection() -> Connection[Any] | None:
    """A new connection by the login for dynamic queries, or None when it is not configured.

    Raises:
        NoContractError: the database has no schema of the CRM.
        CrmReplicaError: it is a read replica.
    """
    from crm_mailchimp.crm.opening import require_contract  # noqa: PLC0415 - only in tasks

    try:
        connection = _postgres(CRM_QUERY, keep_limits=True)
    except Exception as error:
        if is_undefined_connection(error):
            return None
        raise
    return _fitting(connection, require_contract)


def is_undefined_connection(error: Exception) -> bool:
    """Whether an error of Airflow says that nobody has defined a connection."""
    from airflow.sdk.exceptions import (  # noqa: PLC0415 - takes seconds
        AirflowNotFoundException,
        AirflowRuntimeError,
        ErrorType,
    )

    # What a worker gets instead, when the API server does not know the connection either.
    if isinstance(error, AirflowRuntimeError):
        return bool(error.error.error == ErrorType.CONNECTION_NOT_FOUND)
    return isinstance(error, AirflowNotFoundException)


@contextmanager
def crm_snapshot_connections() -> Iterator[
    tuple[Connection[Any], Connection[Any] | QueryFailedError | None]
]:
    """The CRM's two connections for one snapshot: ours, and the login for dynamic queries.

    A query login that cannot be opened is an error of the dynamic collections alone. So the error
    is handed over in place of the connection.
    """
    from psycopg import OperationalError  # noqa: PLC0415 - only in tasks

    from crm_mailchimp.crm.dynamic_query import QueryFailedError  # noqa: PLC0415
    from crm_mailchimp.crm.opening import CrmReplicaError, NoContractError  # noqa: PLC0415
    from crm_mailchimp.database_errors import describe  # noqa: PLC0415

    with ExitStack() as stack:
        crm = stack.enter_context(closing(crm_connection()))
        crm_query: Connection[Any] | QueryFailedError | None
        try:
            crm_query = crm_query_connection()
        except OperationalError as error:
            crm_query = QueryFailedError(
                f"the connection {CRM_QUERY} could not be opened: check its host and its login"
                f" ({describe(error)})"
            )
        except (NoContractError, CrmReplicaError, WrongConnectionTypeError) as error:
            crm_query = QueryFailedError(str(error))
        else:
            if crm_query is not None:
                stack.enter_context(closing(crm_query))
        yield crm, crm_query


def data_docs_folder() -> Path:
    """Where Data Docs are kept: ``DATA_DOCS_DIR``, or ``data_docs`` in Airflow's home.

    A wrong ``DATA_DOCS_DIR`` counts as not set: it must not stop the checks.
    """
    from airflow.configuration import AIRFLOW_HOME  # noqa: PLC0415 - takes seconds

    return DataDocsSettings.read_usable().data_docs_dir or Path(AIRFLOW_HOME, "data_docs")


@contextmanager
def mailchimp(
    account: str = DEFAULT_ACCOUNT,
    *,
    slot_seconds: float | None = SLOT_SECONDS,
    read_only: bool = False,
    is_quick: bool = False,
) -> Iterator[Mailchimp]:
    """An account's Mailchimp client, for as long as the block runs, in one of its 8 slots.

    Args:
        account: id of its connection.
        slot_seconds: how long to queue for a slot. None takes no slot. It is for the only call that
            may wait for nothing, not even for the warehouse. Mailchimp allows two more than 8.
        read_only: the client refuses every request but GET.
        is_quick: a person waits, so the client gives up soon.

    Raises:
        AccountUnusableError: the connection is missing, or of another type.
    """
    from crm_mailchimp.warehouse.connection_slots import slot, spare_slot  # noqa: PLC0415
    from mailchimp_provider.hooks.mailchimp import MailchimpHook  # noqa: PLC0415 - takes seconds

    with ExitStack() as stack:
        with _named_if_unusable(account):
            limit = None if slot_seconds is None else _limit_of(account)
            hook = MailchimpHook(
                mailchimp_conn_id=account,
                slot=(
                    None
                    if slot_seconds is None
                    else lambda: slot(warehouse_connection, wait_seconds=slot_seconds, limit=limit)
                ),
                spare_slot=(
                    None
                    if slot_seconds is None
                    else lambda: spare_slot(warehouse_connection, limit=limit)
                ),
                read_only=read_only,
                is_quick=is_quick,
            )
            client = hook.get_conn()
        yield stack.enter_context(client)


def _limit_of(account: str) -> str | None:
    """What the slots of an account are named by; None: by the names of the default account's.

    Two connections with the same key and host lead to one account, which has one limit.
    """
    if account == DEFAULT_ACCOUNT:
        return None

    from crm_mailchimp.mailchimp.errors import ConfigurationError  # noqa: PLC0415
    from mailchimp_provider.hooks.mailchimp import MailchimpHook  # noqa: PLC0415 - takes seconds

    own = MailchimpHook(mailchimp_conn_id=account).limit()
    try:
        default = MailchimpHook(mailchimp_conn_id=DEFAULT_ACCOUNT).limit()
    except (ConfigurationError, WrongConnectionTypeError):
        return own  # nobody talks over a connection that cannot be opened
    except Exception as error:
        if not is_undefined_connection(error):
            raise
        return own
    return None if own == default else own


@contextmanager
def _named_if_unusable(account: str) -> Iterator[None]:
    """Errors of a connection that cannot be opened are errors of its account alone."""
    try:
        yield
    except WrongConnectionTypeError as error:
        raise AccountUnusableError(str(error)) from None
    except Exception as error:
        if not is_undefined_connection(error):
            raise
        raise AccountUnusableError(
            f"connection {account} is not defined: define it (Admin, Connections, type Mailchimp,"
            f" or AIRFLOW_CONN_{account.upper()} in the environment), or correct"
            " crm.external_provider.connection_id"
        ) from None


def _fitting(
    connection: Connection[Any], require: Callable[[Connection[Any]], None]
) -> Connection[Any]:
    """The connection, if it leads to the right database; otherwise it is closed."""
    try:
        require(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _postgres(connection_id: str, *, keep_limits: bool = False) -> Connection[Any]:
    from airflow.providers.postgres.hooks.postgres import PostgresHook  # noqa: PLC0415
    from psycopg.types.json import register_default_adapters  # noqa: PLC0415 - only in tasks

    from crm_mailchimp.named_connection import connect_named  # noqa: PLC0415
    from crm_mailchimp.sessions import prepared  # noqa: PLC0415 - only in tasks

    class Hook(PostgresHook):
        """Reads the connection as Airflow does, and opens one that names itself in errors."""

        def _create_connection(self, conn_args: dict[str, Any]) -> Any:
            connection = connect_named(connection_id, conn_args)
            register_default_adapters(connection)
            return connection

    hook = Hook(connection_id)
    require_type(connection_id, hook.get_connection(connection_id).conn_type, "postgres")
    return prepared(lambda: cast("Connection[Any]", hook.get_conn()), keep_limits=keep_limits)
