"""``MailchimpHook``: from an Airflow connection to the Mailchimp client, and nothing else."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from airflow.sdk.bases.hook import BaseHook
from airflow.sdk.log import mask_secret

from crm_mailchimp.mailchimp.account import account
from crm_mailchimp.mailchimp.client import TIMEOUT, MailchimpClient, Slot
from crm_mailchimp.mailchimp.errors import ConfigurationError, MailchimpError
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.mailchimp.retries import Retry
from crm_mailchimp.mailchimp.transport import is_loopback
from mailchimp_provider.connection_type import require_type
from mailchimp_provider.observed_client import ObservedClient

if TYPE_CHECKING:
    from airflow.sdk.definitions.connection import Connection


class MailchimpHook(BaseHook):
    """Talks to the Mailchimp account of a connection of type ``mailchimp``.

    Password: the API key. Host: empty, or another address such as that of the sandbox. Extra:
    ``timeout`` and ``retry_deadline`` in seconds.

    Args:
        mailchimp_conn_id: id of the connection.
        slot: opened with each client and closed with it; the account-wide limit of connections.
        spare_slot: opened with each further client for calls side by side. It does not wait: a
            ``PassingError`` says that none is free. None: one call after the other.
        read_only: the clients refuse every request but GET.
        is_quick: a person waits, so there are few attempts, and none takes long.
    """

    conn_name_attr = "mailchimp_conn_id"
    default_conn_name = "mailchimp_default"
    conn_type = "mailchimp"
    hook_name = "Mailchimp"

    def __init__(
        self,
        *,
        mailchimp_conn_id: str = default_conn_name,
        slot: Slot | None = None,
        spare_slot: Slot | None = None,
        read_only: bool = False,
        is_quick: bool = False,
    ) -> None:
        super().__init__()
        self._is_quick = is_quick
        self._spare_slot = spare_slot
        self._read_only = read_only
        self.mailchimp_conn_id = mailchimp_conn_id
        self._slot = slot

    def get_conn(self) -> Mailchimp:
        """The provider seam on this connection's account, to be opened by ``with``.

        Raises:
            ConfigurationError: the connection has no key, one without data centre, or settings
                that make no sense; it names the connection.
            WrongConnectionTypeError: the connection is of another type.
            AirflowNotFoundException: there is no such connection.
        """
        if self._is_quick:
            return Mailchimp(self._quick_client(slot=self._slot))
        spare = self._spare_slot
        return Mailchimp(
            self._client(Retry(), slot=self._slot),
            another=spare and (lambda: Mailchimp(self._client(Retry(), slot=spare))),
        )

    def limit(self) -> str:
        """What the connections of one account have in common: place and key, as a digest.

        It is a secret: it is compared and hashed again, and never shown or stored.

        Raises:
            ConfigurationError, WrongConnectionTypeError, AirflowNotFoundException: as ``get_conn``.
        """
        client = self._client(Retry())
        key = (self.get_connection(self.mailchimp_conn_id).password or "").strip()
        return hashlib.sha256(f"{client.base_url} {key}".encode()).hexdigest()

    def test_connection(self) -> tuple[bool, str]:
        """What the button "Test" of the UI asks: is this key good, and whose is it?"""
        try:
            # No slot, as the page knows no warehouse: 8 slots of the 10 connections leave room.
            # No name either: Airflow tests under an id of the moment, which says nothing.
            client = self._quick_client(name="")
            with client:
                found = account(client)
        except MailchimpError as error:
            return False, str(error)
        return True, (
            f"Connected to the Mailchimp account {found.name!r} at {client.place}"
            f" ({found.total_subscribers} subscribers in all)."
        )

    def _quick_client(
        self, *, slot: Slot | None = None, name: str | None = None
    ) -> MailchimpClient:
        retry = Retry(attempts=2, deadline=10)
        return self._client(retry, slot=slot, most_seconds=15, name=name)

    def _client(
        self,
        retry: Retry,
        *,
        slot: Slot | None = None,
        most_seconds: float | None = None,
        name: str | None = None,
    ) -> MailchimpClient:
        """The client; errors call the connection by ``name``. None: its id, empty: not at all."""
        name = self.mailchimp_conn_id if name is None else name
        connection = self.get_connection(self.mailchimp_conn_id)
        require_type(self.mailchimp_conn_id, connection.conn_type, self.conn_type)
        key = (connection.password or "").strip()
        if key:
            mask_secret(key)
        connect, read = TIMEOUT
        try:
            read = _seconds(connection, "timeout", read)
            if most_seconds is None:
                deadline = _seconds(connection, "retry_deadline", retry.deadline)
                retry = replace(retry, deadline=deadline)
            else:
                connect, read = min(connect, most_seconds), min(read, most_seconds)
            return ObservedClient(
                key,
                hook=self,
                account=self.mailchimp_conn_id,
                host=_host(connection),
                name=name,
                timeout=(connect, read),
                retry=retry,
                slot=slot,
                read_only=self._read_only,
            )
        except ConfigurationError as error:
            problem, advice = str(error.args[0]), error.advice
        called = f"Connection {name!r}: " if name else ""
        raise ConfigurationError(f"{called}{problem}", advice=advice)


def _seconds(connection: Connection, name: str, default: float) -> float:
    value = connection.extra_dejson.get(name)
    if value in (None, ""):
        return default
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = -1
    if seconds < 0 or (name == "timeout" and seconds == 0):
        raise ConfigurationError(
            f"{name} in its extra is no number of seconds",
            advice=f"Write a number, such as {name!r}: 60, or delete it",
        )
    return seconds


def _host(connection: Connection) -> str | None:
    """The host with scheme and port, from a form (all in the host) or a URI (in parts)."""
    host = (connection.host or "").strip()
    if not host or "://" in host:
        return host or None
    scheme = connection.schema or ("http" if is_loopback(host.split(":")[0]) else "https")
    port = f":{connection.port}" if connection.port else ""
    return f"{scheme}://{host}{port}"
