"""What README, docs and settings name exists, and they name everything that exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from crm_mailchimp.settings import GROUPS

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    ROOT / "include" / "mailchimp_sandbox" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)


def make_targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


def test_named_make_targets_exist() -> None:
    named = set(re.findall(r"\bmake ([a-z][a-z-]*)\b(?=[`\s,;.):]|$)", TEXT))
    in_code = {name for name in named if re.search(rf"(?:`|^\s*)make {name}\b", TEXT, re.M)}
    assert {"demo", "test", "up", "clean"} <= in_code
    assert in_code <= make_targets()


def test_every_target_for_people_is_explained() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    explained = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    people = {"help", "demo", "up", "test", "check", "soak", "mutants", "format", "clean"}
    people |= {
        "bench",
        "bench-growth",
        "lock",
        "docs",
        "dictionary",
        "sbom",
        "screenshots",
        "doctor",
        "bi",
    }
    assert explained == people


@pytest.mark.parametrize(
    "module",
    sorted(set(re.findall(r"python -m ((?:crm_mailchimp|mailchimp_\w+)[\w.]*)", TEXT))),
)
def test_named_commands_exist(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "usage" in done.stdout.lower()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def named_paths(document: Path) -> set[str]:
    """Paths that a document names as code, without patterns such as ``NNNN_name.sql``."""
    text = document.read_text(encoding="utf-8")
    path = r"(?:dags|docs|include|plugins|sql|tests|tools)/[\w./*-]*"
    named = set(re.findall(rf"`({path})`", text))
    return {name for name in named if "NNNN" not in name}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_named_paths_exist(document: Path) -> None:
    # The sandbox is a distribution of its own: its README names files beside itself.
    folders = (ROOT, document.parent)
    missing = [
        name
        for name in sorted(named_paths(document))
        if not any((folder / name).exists() for folder in folders)
    ]
    assert missing == []


CHANGES = (
    "A column or table of the CRM contract", "A word of a consent", "A provider default",
    "What a query of a collection may do", "A second provider", "What one sync may do",
    "A merge field type",
    "What becomes of a field that is no longer synchronised",
    "A statement about a page of members",
    "A quarantine reason", "A check of a staging", "A member status",
    "A kind of refusal, or what a refusal means", "Who represents a shared address", "A write-back",
    "A setting of a campaign's draft", "A check of the campaign gate", "A report stream",
    "A total to compare", "A column for BI", "A rule for scanners", "A chart of the dashboards",
    "A picture of the documents", "A campaign of the demo's past",
    "What an erasure deletes, or a table with personal data", "An age of data",
    "What `explain` says", "A DAG or a task", "A section of the page", "A setting", "A command",
    "A check of the doctor", "A database login", "The words of an error",
    "The words of an alert, or a webhook",
    "Receive Mailchimp's webhooks", "A part of the Airflow provider", "A page of the documents",
    "A service of the containers",
    "The sandbox: what happens to people", "The sandbox: HTTP", "The sandbox: reports",
)  # fmt: skip


def test_the_guide_names_files_for_each_change() -> None:
    guide = ROOT / "docs" / "development.md"
    text = guide.read_text(encoding="utf-8")
    assert text.count("```mermaid") == 2, "the house, and the flow of data"
    for change in CHANGES:
        (section,) = re.findall(rf"^### {change}\n(.*?)(?=^##)", text, re.MULTILINE | re.DOTALL)
        assert len(re.findall(r"`[a-z_]+/[\w./-]+`", section)) >= 3, change


def test_links_inside_the_guide_lead_to_a_heading() -> None:
    text = (ROOT / "docs" / "development.md").read_text(encoding="utf-8")
    anchors = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }
    linked = set(re.findall(r"\]\(#([^)]*)\)", text))
    assert linked <= anchors
    recipes = text.partition("## Where to change what")[2].partition("\n## ")[0]
    listed = recipes.partition("\n### ")[0]
    changes = re.findall(r"^### (.*)$", recipes, re.MULTILINE)
    assert len(re.findall(r"\]\(#", listed)) == len(changes) == len(CHANGES)


def test_the_readme_shows_the_flow() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "```mermaid" in readme
    assert len(readme.splitlines()) < 200, "depth belongs to docs/"


def settings_of_the_code() -> set[str]:
    """The pipeline's settings, and variables of the local installation that its files name."""
    local = {
        name
        for path in (ROOT / "include" / "local_installation").rglob("*.py")
        for name in re.findall(r'"(CRM_MAILCHIMP_[A-Z_]+)"', path.read_text(encoding="utf-8"))
    }
    return local | {name.upper() for group in GROUPS for name in group.model_fields}


def settings_of_the_example() -> set[str]:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    return set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE))


def settings_of_compose() -> set[str]:
    compose = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
    return set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", compose))


def test_every_setting_is_explained() -> None:
    assert "CRM_MAILCHIMP_HOME" in settings_of_the_code()
    assert settings_of_the_code() - settings_of_the_example() == set()
    assert settings_of_compose() - settings_of_the_example() == set()


def test_no_setting_is_explained_that_nobody_reads() -> None:
    makefile = {"PYTHON", "UV_CACHE_DIR"}
    connections = {name for name in settings_of_the_example() if name.startswith("AIRFLOW_CONN_")}
    read = settings_of_the_code() | settings_of_compose() | makefile | connections
    assert settings_of_the_example() - read == set()


def test_the_containers_get_every_setting_of_the_pipeline() -> None:
    local = {"CRM_MAILCHIMP_HOME", "CRM_MAILCHIMP_UI_PORT", "CRM_QUERY_PASSWORD", "DATA_DOCS_DIR"}
    assert settings_of_the_code() - local - settings_of_compose() == set()
