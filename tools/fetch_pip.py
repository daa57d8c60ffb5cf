"""Puts pip into a virtual environment of a Python that has no ``ensurepip``.

Debian keeps ``ensurepip`` in a package of its own (python3-venv), for which one needs root rights.
Run by the environment's own interpreter; needs nothing but the standard library. Which pip, and the
hash of its wheel, stand in ``tools/bootstrap.txt``. Where it comes from: pip's own settings
(``PIP_INDEX_URL``, ``PIP_CERT``, pip.conf), else PyPI, by the simple repository API
(https://packaging.python.org/specifications/simple-repository-api/).
"""

from __future__ import annotations

import configparser
import hashlib
import os
import re
import ssl
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from urllib.parse import urldefrag, urljoin

_SECONDS = 60
_LOCK = Path(__file__).parent / "bootstrap.txt"


def main() -> None:
    version, hashes = locked_pip(_LOCK.read_text(encoding="utf-8"))
    settings = pip_settings()
    index = settings.get("index-url", "https://pypi.org/simple").rstrip("/")
    context = ssl.create_default_context(cafile=settings.get("cert"))
    name = f"pip-{version}-py3-none-any.whl"
    page = f"{index}/pip/"
    wheel = fetch(find_record(fetch(page, context).decode(), page, name), context)
    if hashlib.sha256(wheel).hexdigest() not in hashes:
        raise SystemExit(f"{name} from {index} is not the one that tools/bootstrap.txt locks")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(wheel)
        # A wheel is a zip archive, and pip runs from inside one.
        subprocess.run(
            [sys.executable, f"{path}/pip", "install", "--quiet", "--no-index", "--no-deps", path],
            check=True,
        )


def locked_pip(lock: str) -> tuple[str, set[str]]:
    """Version and sha256 sums of pip in a lock file."""
    block = re.search(r"^pip==(\S+)((?:[^\n]*\\\n)*[^\n]*)", lock, re.MULTILINE)
    if block is None:
        raise SystemExit(f"{_LOCK} locks no pip")
    return block[1], set(re.findall(r"--hash=sha256:([0-9a-f]{64})", block[2]))


def pip_settings() -> dict[str, str]:
    """What pip's configuration files and variables say of its index and certificates."""
    home = Path.home()
    files = [
        *("/etc/xdg/pip/pip.conf", "/etc/pip.conf"),
        *(home / ".pip/pip.conf", home / ".config/pip/pip.conf"),
        os.environ.get("PIP_CONFIG_FILE", os.devnull),
    ]
    parser = configparser.RawConfigParser()
    parser.read(files, encoding="utf-8")
    found = dict(parser["global"]) if parser.has_section("global") else {}
    for name in ("index-url", "cert"):
        variable = f"PIP_{name.upper().replace('-', '_')}"
        if os.environ.get(variable):
            found[name] = os.environ[variable]
    return found


def find_record(page: str, address: str, name: str) -> str:
    """Address of one file on an index page."""
    for link in re.findall(r"""href=["']([^"']+)["']""", page):
        target = urldefrag(urljoin(address, link.replace("&amp;", "&"))).url
        if target.split("?")[0].endswith(f"/{name}"):
            return target
    raise SystemExit(f"{address} lists no {name}")


def fetch(address: str, context: ssl.SSLContext) -> bytes:
    request = urllib.request.Request(address, headers={"Accept": "text/html"})
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS, context=context) as answer:
            content: bytes = answer.read()
    except OSError as error:
        raise SystemExit(f"{address}: {error}") from None
    return content


if __name__ == "__main__":
    main()
