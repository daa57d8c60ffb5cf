"""How a request is sent: address, session and key, and the error of a lost one."""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from traceback import walk_tb
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth
from urllib3.exceptions import LocationValueError, NameResolutionError, NewConnectionError

from crm_mailchimp.mailchimp.errors import (
    CertificateRefused,
    ConfigurationError,
    ConnectionFault,
    HostUnknown,
    MailchimpError,
    NoTlsAtHost,
)
from crm_mailchimp.scrubbing import scrub

_DATA_CENTRE = re.compile(r"-([a-z]+\d+)$")
_HOST_OF_A_DATA_CENTRE = re.compile(r"([a-z]+\d+)\.api\.mailchimp\.com\.?", re.IGNORECASE)
#: The key of each Mailchimp sandbox that was given none: no secret, and no account of Mailchimp.
_SANDBOX_KEY = "sandbox-us1"
_ENTER_KEY = (
    "Enter the API key as the password of the connection: Mailchimp, Profile, Extras, API keys"
)
_COPY_KEY = "Copy the key again, whole, with its data centre (such as -us21) at the end"
_CORRECT_HOST = "Correct the host of the connection, or empty it to reach Mailchimp"
#: What OpenSSL says in a handshake with a port that speaks no TLS, or another TLS than ours.
#: Trying again finds the same port. Source: openssl/sslerr.h of OpenSSL 3.
_NO_TLS = frozenset({
    "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "UNKNOWN_PROTOCOL",
    "UNSUPPORTED_PROTOCOL", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE",
    "TLSV1_ALERT_PROTOCOL_VERSION",
})  # fmt: skip
# Answers of the resolver that stay until a person corrects the name. Others are faults of the
# network (getaddrinfo(3): EAI_AGAIN and the like).
_NO_SUCH_NAME = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))


def base_url(key: str, host: str | None = None) -> str:
    """Where the API of a key's account is, without a slash at the end.

    Raises:
        ConfigurationError: no key is given, or the host is no http(s) address. Or it leads to
            another computer without encryption, or to another data centre than the key's. Or the
            key has no data centre and no host is given.
    """
    key = key.strip()
    if not key:
        raise ConfigurationError("No Mailchimp API key is given", advice=_ENTER_KEY)
    if not key.isascii() or not key.isprintable():
        raise ConfigurationError(
            "The Mailchimp API key holds characters that no key has", advice=_COPY_KEY
        )
    data_centre = _DATA_CENTRE.search(key)
    if host and host.strip():
        return _address_of(
            host.strip(), data_centre[1] if data_centre else None, is_secret=key != _SANDBOX_KEY
        )
    if data_centre is None:
        raise ConfigurationError(
            "The Mailchimp API key does not end in a data centre", advice=_COPY_KEY
        )
    return f"https://{data_centre[1]}.api.mailchimp.com/3.0"


def _address_of(host: str, data_centre: str | None, *, is_secret: bool) -> str:
    shown = _shown(host)
    no_address = ConfigurationError(
        f"The host {shown} is no address such as https://us21.api.mailchimp.com",
        advice=_CORRECT_HOST,
    )
    try:
        address = urlsplit(host if "://" in host else f"https://{host}")
        name = address.hostname or ""
        has_port = address.port is None or address.port > 0
    except ValueError:  # a port that is no number, a bracket too much
        raise no_address from None
    if address.username is not None or address.password is not None:
        raise ConfigurationError(
            f"The host {shown} holds a login",
            advice="Delete the login from the host. The API key is the password of the connection",
        )
    is_plain = address.netloc.isascii() and not set(address.netloc) & set("\\ %")
    rest = address.query or address.fragment
    if address.scheme not in ("http", "https") or not (name and has_port and is_plain) or rest:
        raise no_address
    may_be_plain = is_loopback(name) or (not is_secret and _is_nearby(name))
    if address.scheme == "http" and not may_be_plain:
        raise ConfigurationError(
            f"The host {shown} would get the key without encryption",
            advice="Write https://. Only an address of this machine may have http://",
        )
    elsewhere = _HOST_OF_A_DATA_CENTRE.fullmatch(name)
    if elsewhere and data_centre and elsewhere[1].lower() != data_centre.lower():
        raise ConfigurationError(
            f"The host {shown} is of the data centre {elsewhere[1].lower()}, and the key of"
            f" {data_centre}",
            advice="Empty the host, or enter the key of that account",
        )
    path = address.path.rstrip("/")
    path = path if path.endswith("/3.0") else f"{path}/3.0"
    return f"{address.scheme}://{address.netloc}{path}"


def _shown(host: str) -> str:
    """A host as a person wrote it, without what may be secret: login, path, odd port, key."""
    scheme, _, rest = host.rpartition("://")
    before, at_sign, place = rest.rpartition("@")
    if at_sign and set(before) & set("/?#\\"):
        return "(not shown: it may hold a password)"
    name, colon, port = re.split(r"[/?#\\]", place)[0].rpartition(":")
    if not colon or port.endswith("]"):
        name, colon, port = re.split(r"[/?#\\]", place)[0], "", ""
    port = port if port.isdecimal() and port.isascii() else "…" if colon else ""
    known = f"{scheme}://" if scheme.isascii() and scheme.isalnum() else ""
    text = scrub(f"{known}{name}{colon}{port}")
    return "".join(sign if sign.isprintable() else "?" for sign in text)[:120] or "(empty)"


def is_loopback(host: str) -> bool:
    """Whether a host, without a port, is this machine: nothing that is sent there leaves it."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _is_nearby(host: str) -> bool:
    """Whether a host is a name without a domain, such as a container's: no host of the internet."""
    return re.fullmatch(r"[a-z][a-z0-9-]*", host) is not None


class KeyAuth(AuthBase):
    """Basic authentication that does not show the key when printed."""

    def __init__(self, key: str) -> None:
        self._basic = HTTPBasicAuth("key", key)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        prepared: requests.PreparedRequest = self._basic(request)
        return prepared

    def __repr__(self) -> str:
        return "KeyAuth(***)"


def new_session(url: str) -> requests.Session:
    """A session that keeps one connection open and repeats nothing by itself.

    Args:
        url: where it leads. By http it leads only to this machine, or to a sandbox nearby
            (``base_url``), without a proxy. A proxy would get the key without encryption.
    """
    session = requests.Session()
    session.trust_env = urlsplit(url).scheme != "http"
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


def connection_fault(method: str, path: str, error: Exception) -> MailchimpError:
    """What a transport error means, in words that hold nothing of the request."""
    if _certificate_refused(error):
        return CertificateRefused(
            "the host's certificate was not accepted", method=method, path=path
        )
    if _speaks_no_tls(error):
        return NoTlsAtHost("the host's port does not speak TLS", method=method, path=path)
    if _is_unknown_host(error):
        return HostUnknown("the host is not known", method=method, path=path)
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
    return any(isinstance(reason, ssl.SSLCertVerificationError) for reason in _reasons(error))


def _speaks_no_tls(error: BaseException) -> bool:
    """Whether a handshake met something else than TLS. After the handshake, in the middle of an
    answer, the same words mean a broken line."""
    return any(
        isinstance(reason, ssl.SSLError)
        and reason.reason in _NO_TLS
        and any(
            frame.f_code.co_name == "do_handshake" for frame, _ in walk_tb(reason.__traceback__)
        )
        for reason in _reasons(error)
    )


def _is_unknown_host(error: BaseException) -> bool:
    """Whether the resolver says that the name does not exist; a resolver out of reach says else.

    A name that the libraries themselves refuse cannot exist.
    """
    if isinstance(error, requests.exceptions.InvalidURL | LocationValueError):
        return True
    return any(
        isinstance(reason, socket.gaierror) and reason.errno in _NO_SUCH_NAME
        for reason in _reasons(error)
    )


def _reasons(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it wraps: requests' own, urllib3's, its reason, and Python's."""
    reason: object = error
    while isinstance(reason, BaseException):
        yield reason
        inner = [getattr(reason, "reason", None), *reason.args[:1], reason.__cause__]
        reason = next((one for one in inner if isinstance(one, BaseException)), None)


def _never_connected(error: BaseException) -> bool:
    """Whether urllib3 failed before there was a connection, so that nothing was sent."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(reason, (NewConnectionError, NameResolutionError))
