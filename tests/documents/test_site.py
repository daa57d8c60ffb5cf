"""The site of all documents: complete, without a dead link, and nothing from another host."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from documents.built_site import broken_links, is_elsewhere, missing_files, read_page, read_site

ROOT = Path(__file__).parents[2]
DAGS = sorted(path.stem for path in (ROOT / "dags").glob("*.py"))
#: Documents of the repository, by page.
SOURCES = {
    "index.html": "README.md",
    "changelog.html": "CHANGELOG.md",
    "contributing.html": "CONTRIBUTING.md",
    "report_a_problem.html": "SECURITY.md",
    "sandbox_server.html": "include/mailchimp_sandbox/README.md",
    **{
        str(path.relative_to(ROOT / "docs"))
        .replace("README.md", "index.html")
        .replace(".md", ".html"): str(path.relative_to(ROOT))
        for path in (ROOT / "docs").rglob("*.md")
    },
}


def test_each_document_and_each_dag_has_a_page(site: Path) -> None:
    pages = {str(path.relative_to(site)) for path in read_site(site)}
    runbooks = {f"runbooks/{name}.html" for name in DAGS}
    assert runbooks
    assert pages == {*SOURCES, *runbooks, "404.html"}


@pytest.mark.parametrize("name", DAGS)
def test_a_runbook_is_the_docstring_of_its_dag(site: Path, name: str) -> None:
    text = (site / "runbooks" / f"{name}.html").read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse((ROOT / f"dags/{name}.py").read_text("utf-8")))
    assert docstring is not None
    bold = re.findall(r"^\*\*(.+?)\*\*", docstring, re.MULTILINE)
    assert len(bold) >= 3
    written = [re.sub("<.*?>", "`", words) for words in re.findall("<strong>(.+?)</strong>", text)]
    assert written == bold
    assert f"<code>dags/{name}.py</code>" in text


def test_each_link_and_anchor_leads_somewhere(site: Path) -> None:
    pages = read_site(site)
    assert sum(len(page.links) for page in pages.values()) > 1000
    assert list(broken_links(pages, site)) == []
    assert list(missing_files(pages, site)) == []


def test_a_dead_link_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<a href="b.html"></a><a href="b.html#x"></a><a href="#y"></a><a href="c.html"></a>'
        '<a id="y"></a><script src="d.js"></script>'
    )
    (tmp_path / "b.html").write_text('<h1 id="z"></h1>')
    pages = read_site(tmp_path)
    assert list(broken_links(pages, tmp_path)) == [
        "a.html links to b.html#x: no such anchor",
        "a.html links to c.html: no such file",
    ]
    assert list(missing_files(pages, tmp_path)) == ["a.html loads d.js: no such file"]


def test_no_page_loads_anything_from_another_host(site: Path) -> None:
    pages = read_site(site)
    loads = [link for page in pages.values() for link in page.loads]
    assert len(loads) > 100
    assert [link for link in loads if is_elsewhere(link)] == []
    sheets = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]
    assert sheets
    inline = [text for page in pages.values() for text in page.inline]
    for text in [*sheets, *inline]:
        assert not re.findall(r"@import|url\(\s*['\"]?(?:https?:)?//", text)


def test_a_load_from_another_host_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    page.write_text(
        '<link rel="preconnect" href="https://a.gr"><link rel="next" href="b.html">'
        '<script src="//b.gr/x.js"></script><img src="c.png">'
    )
    assert [link for link in read_page(page).loads if is_elsewhere(link)] == [
        "https://a.gr",
        "//b.gr/x.js",
    ]


def test_a_page_with_a_diagram_brings_mermaid(site: Path) -> None:
    """Material asks another host for it only where a page does not have it."""
    with_diagram = {
        name
        for name, source in SOURCES.items()
        if "```mermaid" in (ROOT / source).read_text(encoding="utf-8")
    }
    assert {"index.html", "concepts.html", "development.html"} <= with_diagram
    for path, page in read_site(site).items():
        brings = [link for link in page.loads if link.endswith("mermaid.js")]
        assert len(brings) == (str(path.relative_to(site)) in with_diagram), path


def test_greek_pages_say_that_they_are_greek(site: Path) -> None:
    languages = {path.relative_to(site): page.language for path, page in read_site(site).items()}
    greek = {path for path, language in languages.items() if language == "el"}
    assert greek == {Path("el/index.html")}
    assert set(languages.values()) == {"el", "en"}


class _Shape(HTMLParser):
    """How often each kind of element is in the text of a page, and how deep lists go."""

    COUNTED = frozenset(
        {"li", "ul", "ol", "td", "th", "pre", "h1", "h2", "h3", "table", "hr", "blockquote"}
    )

    def __init__(self, text: str) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()
        self.depth = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"ul", "ol"}:
            self.depth += 1
        if tag in self.COUNTED:
            self.counts[f"{tag} at {self.depth}"] += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in {"ul", "ol"}:
            self.depth -= 1


@pytest.mark.parametrize("page", sorted(SOURCES))
def test_a_page_has_the_shape_that_github_shows(site: Path, page: str) -> None:
    """Lists inside of lists, tables and blocks: Python-Markdown reads them otherwise."""
    source = (ROOT / SOURCES[page]).read_text(encoding="utf-8")
    wanted = _Shape(MarkdownIt("commonmark").enable("table").render(source)).counts
    html = (site / page).read_text(encoding="utf-8")
    article = html.partition('<article class="md-content__inner')[2].partition("</article>")[0]
    found = _Shape(re.sub(r"<aside.*?</aside>", "", article, flags=re.DOTALL)).counts
    assert wanted
    assert found == wanted


def test_a_warning_stops_the_build(tmp_path: Path) -> None:
    """A link to a heading that is not there, in a copy of the documents."""
    if not (ROOT / ".venv-docs" / "installed").is_file():
        pytest.skip("MkDocs is not installed: tools/install_beside docs")
    copy = tmp_path / "copy"
    for folder in ("docs", "dags", "tools", "examples", "include/mailchimp_sandbox"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("tests"))
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, copy)
    (copy / ".venv-docs").symlink_to(ROOT / ".venv-docs")
    page = copy / "docs" / "doctor.md"
    page.write_text(page.read_text(encoding="utf-8") + "\n[x](page.md#no-such-heading)\n")
    built = subprocess.run(
        [copy / "tools" / "build_site", tmp_path / "site"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode != 0
    assert "no-such-heading" in built.stderr
