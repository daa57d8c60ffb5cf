"""How a request is sent: address, session and key, and the error of a lost one."""

from __future__ import annotations

import re
import ssl
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth
from urllib3.exceptions import NameResolutionError, NewConnectionError

from crm_mailchimp.mailchimp.errors import (
    CertificateRefused,
    ConfigurationError,
    ConnectionFault,
    MailchimpError,
)

_DATA_CENTRE = re.compile(r"-([a-z]+\d+)$")


def base_url(key: str, host: str | None = None) -> str:
    """Where the API of a key's account is, without a slash at the end.

    Raises:
        ConfigurationError: no key is given, or the host is no http(s) address. Or the key has no
            data centre and no host is given.
    """
    key = key.strip()
    if not key:
        raise ConfigurationError("No Mailchimp API key is given")
    if not key.isascii() or not key.isprintable():
        raise ConfigurationError("The Mailchimp API key holds characters that no key has")
    if host and host.strip():
        text = host.strip()
        address = urlsplit(text if "://" in text else f"https://{text}")
        if address.scheme not in ("http", "https") or not address.hostname or address.query:
            raise ConfigurationError(
                "The host is no address such as https://us21.api.mailchimp.com"
            )
        if address.username or address.password:
            raise ConfigurationError("The host holds a login; the key belongs into the password")
        path = address.path.rstrip("/")
        path = path if path.endswith("/3.0") else f"{path}/3.0"
        return f"{address.scheme}://{address.netloc}{path}"
    data_centre = _DATA_CENTRE.search(key)
    if data_centre is None:
        raise ConfigurationError("The Mailchimp API key does not end in a data centre")
    return f"https://{data_centre[1]}.api.mailchimp.com/3.0"


class KeyAuth(AuthBase):
    """Basic authentication that does not show the key when printed."""

    def __init__(self, key: str) -> None:
        self._basic = HTTPBasicAuth("key", key)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        prepared: requests.PreparedRequest = self._basic(request)
        return prepared

    def __repr__(self) -> str:
        return "KeyAuth(***)"


def new_session() -> requests.Session:
    """A session that keeps one connection open and repeats nothing by itself."""
    session = requests.Session()
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.headers["User-Agent"] = _user_agent()
    session.headers["Accept"] = "application/json, application/problem+json"
    return session


def _user_agent() -> str:
    try:
        own = version("crm-mailchimp")
    except PackageNotFoundError:  # run from a checkout that is not installed
        own = "0"
    return f"crm-mailchimp/{own} mailchimp-marketing/{version('mailchimp-marketing')}"


def connection_fault(method: str, path: str, error: requests.RequestException) -> MailchimpError:
    """What a transport error means, in words that hold nothing of the request."""
    if _certificate_refused(error):
        return CertificateRefused(
            "the host's certificate was not accepted", method=method, path=path
        )
    if isinstance(error, requests.exceptions.ProxyError):
        summary, sent = "the proxy did not let the request through", False
    elif isinstance(error, requests.ConnectTimeout):
        summary, sent = "no connection within the time allowed", False
    elif _never_connected(error):
        summary, sent = "the host cannot be reached", False
    elif isinstance(error, requests.ReadTimeout):
        summary, sent = "no answer within the time allowed", True
    else:
        summary, sent = f"the connection was cut ({type(error).__name__})", True
    return ConnectionFault(
        summary, method=method, path=path, outcome_unknown=sent and method != "GET"
    )


def _certificate_refused(error: BaseException) -> bool:
    """Whether the certificate ended it, so that nothing was sent. Every other fault of TLS may
    have come after the request, in the middle of the answer."""
    while True:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        # requests wraps urllib3's error, which wraps its reason, which wraps Python's own.
        inner = getattr(error, "reason", None) or (error.args[0] if error.args else None)
        if not isinstance(inner, BaseException):
            return False
        error = inner


def _never_connected(error: BaseException) -> bool:
    """Whether urllib3 failed before there was a connection, so that nothing was sent."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(reason, (NewConnectionError, NameResolutionError))
