"""Alerts through Airflow's notifiers, by each channel that the settings name.

These are mail (``ALERT_EMAILS``), webhook (``ALERT_WEBHOOK_URL``) and calls (``ALERT_EVENTS_KEY``).

An alert that cannot be sent never fails the work it is about. The log then says so, without the
addresses and without the webhook's URL, which is a secret. That holds at each log level.
"""

from __future__ import annotations

import html
import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.sdk.bases.notifier import BaseNotifier

from crm_mailchimp.errors import PassingError, PermanentError, ProviderError
from crm_mailchimp.setting_group import SettingError
from crm_mailchimp.settings import AlertSettings
from mailchimp_provider.alert_receivers import EventsNotifier, ReceiverError, WebhookNotifier

if TYPE_CHECKING:
    import jinja2
    from airflow.sdk.definitions.context import Context

    from crm_mailchimp.sync.runs.alert_messages import Message

log = logging.getLogger(__name__)

#: What to do, by the kind of an error of mail. Its own words may hold an address or a name.
_MAIL_REMEDIES = {
    "ValueError": "the mail has no sender: set ALERT_FROM_EMAIL",
    "AirflowException": "define the connection smtp_default",
    "SSLError": "the server speaks no TLS at this port: set disable_ssl in smtp_default",
    "SMTPNotSupportedError": "the server has no STARTTLS: set disable_tls in smtp_default",
    "SMTPAuthenticationError": "correct login and password of smtp_default",
}


class FailureAlert(BaseNotifier):
    """For ``on_failure_callback``: says which run, or which task of it, failed, and where to look.

    Args:
        unless_announced: say nothing of failures that an alert of their own has announced.
        quiet_for: for DAGs that run often. After an alert, no other is sent about this DAG and
            the same account for so long. So an outage does not cause an alert every few minutes.
            Only a task's callback knows the account.
    """

    def __init__(
        self, *, unless_announced: bool = False, quiet_for: timedelta | None = None
    ) -> None:
        super().__init__()
        self.unless_announced = unless_announced
        self.quiet_for = quiet_for

    def render_template_fields(
        self, context: Context, jinja_env: jinja2.Environment | None = None
    ) -> None:
        """Nothing: it has no templates. In ``airflow dags test`` the DAG could not render any."""

    def notify(self, context: Context) -> None:
        from mailchimp_provider.outcomes import AnnouncedFailure  # noqa: PLC0415 - takes seconds

        if self.unless_announced and isinstance(context.get("exception"), AnnouncedFailure):
            return
        message = failure_message(context)
        accounts = _accounts_of(context.get("exception"))
        if not self._deliver_unless_repeated(context["dag_run"].dag_id, message, accounts):
            deliver(message)

    def _deliver_unless_repeated(
        self, dag_id: str, message: Message, accounts: Sequence[str] = ()
    ) -> bool:
        """Send it unless the same was sent lately, and note it, so that its end is sent too.

        Returns:
            False: the warehouse may not say what was sent.
        """
        from crm_mailchimp.sync.runs.run_alerts import alert_about_dag  # noqa: PLC0415
        from mailchimp_provider.connections import warehouse_connection  # noqa: PLC0415
        from mailchimp_provider.deployment import is_of_another  # noqa: PLC0415

        try:
            with closing(warehouse_connection()) as warehouse:
                if is_of_another(warehouse):
                    return False  # a note of ours would keep that Airflow's own alert from people
                quiet_for = self.quiet_for or timedelta(0)
                alert_about_dag(warehouse, dag_id, quiet_for, message, deliver, accounts=accounts)
        except Exception as error:
            log.warning(
                "alert of %s sent, the warehouse not asked: %s", dag_id, type(error).__name__
            )
            return False
        return True


class RecoveryNotice(BaseNotifier):
    """For ``on_success_callback`` of a DAG: says that it is well again, if people heard of a
    failed run.

    Args:
        unless: params. A run with one of them set proves too little, so it says nothing.
    """

    def __init__(self, *, unless: Sequence[str] = ("dry_run",)) -> None:
        super().__init__()
        self.unless = unless

    def render_template_fields(
        self, context: Context, jinja_env: jinja2.Environment | None = None
    ) -> None:
        """Nothing: it has no templates. In ``airflow dags test`` the DAG could not render any."""

    def notify(self, context: Context) -> None:
        from crm_mailchimp.sync.runs.run_alerts import end_alert_about_dag  # noqa: PLC0415
        from mailchimp_provider.connections import warehouse_connection  # noqa: PLC0415

        dag_run = context["dag_run"]
        conf = dag_run.conf or {}
        if any(conf.get(name) for name in self.unless):
            return
        try:
            with closing(warehouse_connection()) as warehouse:
                end_alert_about_dag(warehouse, dag_run.dag_id, deliver)
        except Exception as error:
            log.warning(
                "nobody hears whether %s is well again: %s", dag_run.dag_id, type(error).__name__
            )


def failure_message(context: Mapping[str, Any]) -> Message:
    """What is said about a failed run or task; names of DAG, run, task and connections only."""
    from crm_mailchimp.sync.runs.alert_messages import (  # noqa: PLC0415 - loads psycopg
        Message,
        event_of,
    )
    from crm_mailchimp.sync.runs.run_alerts import failures_of_dag  # noqa: PLC0415

    dag_run = context["dag_run"]
    exception = context.get("exception")
    instance = context.get("task_instance") or context.get("ti")
    lines = [f"DAG {dag_run.dag_id}, run {dag_run.run_id}."]
    if exception is not None and instance is not None:
        lines.append(f"Task {instance.task_id}: {type(exception).__name__}.")
    elif instance is not None:
        lines.append(f"Task {instance.task_id}.")
    accounts = _accounts_of(exception)
    lines.extend(f"Account: connection {account}." for account in accounts)
    lines.append(f"Look at its log: {_run_url(dag_run.dag_id, dag_run.run_id)}")
    troubles = failures_of_dag(dag_run.dag_id, accounts)
    return Message(
        f"Airflow: {dag_run.dag_id} failed",
        "\n".join(lines),
        events=tuple(event_of(trouble) for trouble in troubles),
    )


def _accounts_of(exception: str | BaseException | None) -> tuple[str, ...]:
    """Connections of the accounts in which the work failed; none: it is not known.

    A task fails with an error of Airflow, raised while the error of the work was handled.
    """
    while isinstance(exception, BaseException):
        if isinstance(exception, (PassingError, PermanentError, ProviderError)):
            return exception.accounts
        exception = exception.__context__
    return ()


def deliver(message: Message, environment: Mapping[str, str] = os.environ) -> bool:
    """Send a message by every channel that is configured.

    Returns:
        whether at least one took it; False, too, when there is none.
    """
    try:
        AlertSettings.read(environment)
    except SettingError as error:
        log.error("an alert may not reach everybody: %s", error)  # noqa: TRY400
    channels = notifiers(message, AlertSettings.read_usable(environment))
    if not channels:
        log.info(
            "no alert sent (%s): ALERT_EMAILS, ALERT_WEBHOOK_URL and ALERT_EVENTS_KEY are empty",
            message.subject,
        )
    delivered = False
    for name, notifier in channels.items():
        try:
            # Not called: that would treat the text, which holds codes of the CRM, as a template.
            notifier.notify({})
        except Exception as error:
            log.error(  # noqa: TRY400
                "alert by %s not sent: %s (%s)", name, _words(name, error), message.subject
            )
        else:
            log.info("alert by %s sent: %s", name, message.subject)
            delivered = True
    return delivered


def _words(channel: str, error: Exception) -> str:
    """Why a channel failed, without the words of others: these may hold addresses and keys."""
    if isinstance(error, ReceiverError):
        return str(error)
    kind = type(error).__name__
    remedy = _MAIL_REMEDIES.get(kind) if channel == "mail" else None
    return f"{kind}, {remedy}" if remedy else kind


def notifiers(message: Message, settings: AlertSettings) -> dict[str, BaseNotifier]:
    """The configured channels by name, each ready to send the message."""
    channels: dict[str, BaseNotifier] = {}
    if settings.alert_emails and message.text:
        from airflow.providers.smtp.notifications.smtp import SmtpNotifier  # noqa: PLC0415

        channels["mail"] = SmtpNotifier(
            to=list(settings.alert_emails),
            from_email=settings.alert_from_email,
            subject=message.subject,
            html_content=f"<pre>{html.escape(message.text)}</pre>",
        )
    if settings.alert_webhook_url and message.text:
        channels["webhook"] = WebhookNotifier(
            url=settings.alert_webhook_url, text=f"{message.subject}\n{message.text}"
        )
    if settings.alert_events_key and message.events:
        channels["events"] = EventsNotifier(
            url=settings.alert_events_url,
            routing_key=settings.alert_events_key,
            events=message.events,
        )
    return channels


def _run_url(dag_id: str, run_id: str) -> str:
    from airflow.sdk import conf  # noqa: PLC0415 - takes seconds

    base = str(conf.get("api", "base_url", fallback="") or "").rstrip("/")
    return f"{base}/dags/{quote(dag_id)}/runs/{quote(run_id, safe='')}"
