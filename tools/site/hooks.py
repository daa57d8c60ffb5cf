"""What MkDocs does for our site beside its own work: more pages, links, mermaid.js, languages.

MkDocs calls these functions by name (https://www.mkdocs.org/dev-guide/plugins/#events).
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from lists import with_lists_of_python_markdown
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pages import DOCS, OUTSIDE, ROOT, RUNBOOKS, linked_files, with_links_of_the_site
from runbooks import runbooks

ASSETS = Path(__file__).parent / "assets"
MERMAID = "assets/javascripts/mermaid.js"
GREEK = "el/"
DIAGRAM = '<pre class="mermaid">'


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add pages of documents beside ``docs``, of DAGs, files that pages link to, and scripts."""
    for page, source in OUTSIDE.items():
        files.append(_file(config, page, (ROOT / source).read_text(encoding="utf-8")))
    documents = [
        *((source, ROOT / source) for source in OUTSIDE.values()),
        *((str(path.relative_to(ROOT)), path) for path in DOCS.rglob("*.md")),
    ]
    try:
        as_they_are = {
            (path, place)
            for source, document in documents
            for path, place in linked_files(document.read_text(encoding="utf-8"), source)
            if place.startswith("files/")
        }
    except FileNotFoundError as error:
        raise PluginError(str(error)) from error
    for path, place in sorted(as_they_are):
        files.append(_file(config, place, (ROOT / path).read_text(encoding="utf-8")))
    for name, text in runbooks(ROOT / "dags").items():
        files.append(_file(config, f"{RUNBOOKS}{name}.md", text))
    files.append(_file(config, MERMAID, _mermaid()))
    for asset in sorted(ASSETS.iterdir()):
        files.append(_file(config, f"assets/ours/{asset.name}", asset.read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links into the site, and write lists as Python-Markdown reads them."""
    return with_lists_of_python_markdown(with_links_of_the_site(markdown, page.file.src_uri))


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Say the language of a Greek page, and load mermaid.js where a page has a diagram."""
    if page.file.src_uri.startswith(GREEK):
        output = output.replace('<html lang="en"', '<html lang="el"', 1)
    if DIAGRAM in output:
        # A diagram keeps a width that can be read, also on a phone: there it scrolls (site.css).
        output = re.sub(
            f"{DIAGRAM}.*?</pre>", r'<div class="diagram">\g<0></div>', output, flags=re.S
        )
        depth = page.file.dest_uri.count("/")
        script = f'<script src="{"../" * depth}{MERMAID}"></script>'
        output = output.replace("</head>", f"{script}</head>", 1)
    return output


def _file(config: MkDocsConfig, place: str, text: str) -> File:
    return File.generated(config, place, content=text)


def _mermaid() -> str:
    """Mermaid's script. Material asks another host for it unless the page has it already."""
    package = importlib.util.find_spec("mmdc")
    if package is None or package.origin is None:
        raise FileNotFoundError("mmdc is not installed: tools/install_beside docs")
    text = (Path(package.origin).parent / "assets" / "mermaid.js").read_text(encoding="utf-8")
    if not re.search(r'globalThis\["mermaid"\] =', text):
        raise ValueError("mermaid.js of mmdc does not define mermaid: look at the new version")
    return text
