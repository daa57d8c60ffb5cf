"""How errors of the work become outcomes of Airflow tasks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from crm_mailchimp.database_errors import told_without_data
from crm_mailchimp.errors import PermanentError


@contextmanager
def fail_without_retry() -> Iterator[None]:
    """Fail the task at once on what no retry can heal: a rule, a setting, Mailchimp's refusal.

    Faults that can heal (connections, overload) pass through, and Airflow's retries deal with
    them. Database errors pass on without the rows they quote.

    Raises:
        AirflowFailException: the work says that trying again is of no use.
    """
    from airflow.sdk.exceptions import AirflowFailException  # noqa: PLC0415 - takes seconds

    from crm_mailchimp.mailchimp.errors import MailchimpError  # noqa: PLC0415
    from mailchimp_provider.connections import is_undefined_connection  # noqa: PLC0415

    try:
        with told_without_data():
            yield
    except PermanentError as error:
        raise AirflowFailException(str(error)) from None
    except MailchimpError as error:
        if error.retryable:
            raise
        raise AirflowFailException(str(error)) from None
    except Exception as error:
        if not is_undefined_connection(error):
            raise
        raise AirflowFailException(
            f"{error}: define it (Admin, Connections, or AIRFLOW_CONN_… in the environment); the"
            " pipeline's connections are crm_db, crm_query_db, warehouse_db and mailchimp_default"
        ) from None
