"""What a stranger looks for first: licence, changelog, how to contribute, types, decisions."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_licence_is_there_whole() -> None:
    assert PROJECT["license"] == "Apache-2.0"
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert re.findall(r"^   (\d)\. ", text, re.MULTILINE) == list("123456789")
    assert "APPENDIX: How to apply the Apache License" in text


def test_the_changelog_knows_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", text, re.MULTILINE)
    assert versions[0] == PROJECT["version"]
    assert versions[-1] == "0.1.0"
    kinds = set(re.findall(r"^### (.*)", text, re.MULTILINE))
    # https://keepachangelog.com/en/1.1.0/
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_image_has_this_version() -> None:
    compose = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
    versions = re.findall(r"image: (?:crm-mailchimp\S*|mailchimp-sandbox):(\S+)", compose)
    assert len(versions) == 4
    assert set(versions) == {PROJECT["version"]}


def test_the_packages_bring_their_types() -> None:
    for package in ("include/crm_mailchimp", "plugins/mailchimp_provider"):
        assert (ROOT / package / "py.typed").exists(), package


def test_the_readme_leads_there() -> None:
    wanted = {
        *("LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"),
        *("docs/connection.md", "docs/settings.md", "docs/decisions/README.md"),
    }
    assert wanted <= set(re.findall(r"\]\(([^)#]+)", README))


def test_each_decision_is_listed_and_says_why() -> None:
    folder = ROOT / "docs/decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    records = sorted(path.name for path in folder.glob("0*.md"))
    assert re.findall(r"\]\((0[^)]+)\)", index) == records
    assert [int(name[:4]) for name in records] == list(range(1, len(records) + 1))
    for name in records:
        text = (folder / name).read_text(encoding="utf-8")
        headings = re.findall(r"^## (.*)", text, re.MULTILINE)
        assert headings == ["Question", "Decision", "Reasons", "What follows"], name
        title = re.search(r"^# \d{4}: (.*)$", text, re.MULTILINE)
        assert title and title[1] in index, name
