"""The table of licences is about what is locked; no licence forbids the use under Apache-2.0."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from complete_sbom import complete, locked_hashes  # noqa: E402 - it is no package
from write_licences import kind_of, read  # noqa: E402 - it is no package

ROW = re.compile(
    r"^\| ([A-Za-z0-9._-]+) \| (.+) \| (permissive|library|undeclared|unfit) \|$", re.M
)
LINUX = {"python_version": "3.11", "python_full_version": "3.11.9", "sys_platform": "linux",
         "platform_system": "Linux", "platform_machine": "x86_64",
         "platform_python_implementation": "CPython", "implementation_name": "cpython",
         "os_name": "posix", "extra": ""}  # fmt: skip


def locked() -> set[str]:
    """Distributions that the lock file installs on Linux with Python 3.11."""
    names = set()
    text = (ROOT / "requirements-celery.txt").read_text(encoding="utf-8")
    for name, marker in re.findall(r"^([A-Za-z0-9._-]+)==[^\s;]+(?: ; ([^\\\n]+))?", text, re.M):
        if not marker or Marker(marker.strip()).evaluate(LINUX):
            names.add(canonicalize_name(name))
    return names


def test_the_table_has_all_that_is_locked() -> None:
    table = ROW.findall((ROOT / "docs" / "licences.md").read_text(encoding="utf-8"))
    assert {canonicalize_name(name) for name, _, _ in table} == locked(), "run make sbom"
    assert [name for name, _, kind in table if kind == "unfit"] == []
    assert [name for name, _, kind in table if kind == "undeclared"] == ["mailchimp-marketing"]


@pytest.mark.parametrize(
    ("licence", "kind"),
    [
        ("MIT", "permissive"),
        ("Apache Software License; MIT License", "permissive"),
        ("BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0", "permissive"),
        ("LGPL-3.0-only", "library"),
        ("MPL-2.0 AND MIT", "library"),
        ("Artistic License; GNU General Public License (GPL)", "permissive"),
        ("MIT AND AGPL-3.0-only", "unfit"),
        ("GPL-3.0-or-later", "unfit"),
        ("GNU Affero General Public License v3", "unfit"),
        ("Business Source License 1.1", "unfit"),
        ("SSPL-1.0", "unfit"),
        ("UNKNOWN", "unfit"),
        ("", "unfit"),
    ],
)
def test_what_a_licence_means(licence: str, kind: str) -> None:
    assert kind_of(licence) == kind


def test_only_the_named_distribution_may_declare_nothing() -> None:
    names = ("mailchimp-marketing", "x")
    found = json.dumps([{"Name": name, "License": "UNKNOWN"} for name in names])
    assert [row.kind for row in read(found)] == ["undeclared", "unfit"]


def test_the_bill_of_materials_has_hashes_and_licences() -> None:
    hashes = locked_hashes((ROOT / "requirements-celery.txt").read_text(encoding="utf-8"))
    assert all(hashes.values()), "each pin has a hash"
    pins = [pin for pin in hashes if pin[0] in ("protobuf", "mailchimp-marketing")]
    assert len(pins) == 2
    other = {"license": {"id": "MIT"}}
    bill: dict[str, Any] = {
        "components": [
            {"name": "Protobuf", "version": dict(pins)["protobuf"]},
            {
                "name": "mailchimp_marketing",
                "version": dict(pins)["mailchimp-marketing"],
                "licenses": [other],
            },
            {"name": "ξένο", "version": "1"},
        ]
    }
    assert complete(bill, hashes, {"protobuf": "3-Clause BSD License"}) == ["ξένο"]
    protobuf, mailchimp, _ = bill["components"]
    assert [one["content"] for one in protobuf["hashes"]] == hashes["protobuf", protobuf["version"]]
    assert {one["alg"] for one in protobuf["hashes"]} == {"SHA-256"}
    assert protobuf["licenses"] == [{"license": {"name": "3-Clause BSD License"}}]
    assert mailchimp["licenses"] == [other]
