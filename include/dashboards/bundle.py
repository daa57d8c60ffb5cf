"""The assets as one ZIP file, the form that Superset's assets API takes."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from urllib.parse import quote

ASSETS = Path(__file__).parent / "assets"
#: The connection to the warehouse, the only one.
DATABASE = "databases/warehouse.yaml"
#: Superset puts the password that comes beside the file in the place of this.
_PASSWORD_MASK = "X" * 10
_ADDRESS = re.compile(r"^sqlalchemy_uri: .*$", re.MULTILINE)


def bundle(
    *, host: str, port: int, database: str, login: str, assets: Path = ASSETS
) -> tuple[bytes, int]:
    """The ZIP file for the warehouse of one installation, without its password.

    Args:
        host: of the warehouse's server, as Superset reaches it.
        port: of that server.
        database: name of the warehouse.
        login: the BI login (docs/stats.md).
        assets: folder with the YAML files.

    Returns:
        The file, and how many assets it has.
    """
    address = (
        f"postgresql+psycopg2://{quote(login, safe='')}:{_PASSWORD_MASK}"
        f"@{host}:{port}/{quote(database, safe='')}"
    )
    # A text in quotes that YAML shares with JSON.
    line = f"sqlalchemy_uri: {json.dumps(address)}"
    written = io.BytesIO()
    files = sorted(assets.rglob("*.yaml"))
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            name = file.relative_to(assets).as_posix()
            text = file.read_text(encoding="utf-8")
            if name == DATABASE:
                text = _ADDRESS.sub(lambda _: line, text)
            archive.writestr(f"dashboards/{name}", text)
    return written.getvalue(), len(files) - 1
