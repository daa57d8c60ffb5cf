"""The words of docs, SQL and tests: no banned word, and no sentence that is too long."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: Words that make a reader stop. docs/development.md names what to write instead.
#: An underscore ends a word, so names like ``is_told`` are found.
BANNED = re.compile(
    r"(?<![^\W_])(told|stands|anew|whoever|whom|bears|lacks|henceforth|thereof)(?![^\W_])",
    re.IGNORECASE,
)
#: Folders of Python: names, messages, docstrings and comments are texts, too.
PYTHON = (
    ("dags", "*.py"),
    ("include/crm_mailchimp", "**/*.py"),
    ("include/local_installation", "**/*.py"),
    ("include/mailchimp_sandbox", "*.py"),
    ("plugins", "**/*.py"),
    ("examples", "**/*.py"),
)
#: Pages for people.
TEMPLATES = ("plugins", "**/*.html")
#: Python whose texts people read: errors, log lines, settings, letters.
MESSAGES = ("dags", "include/crm_mailchimp", "plugins")
#: How a statement in Python begins.
STATEMENT = re.compile(r"\s*(?:select|insert|update|delete|create|with|values|alter|set)\b")
#: Places without banned words: a folder, and the files in it.
WORDS = (
    (".", "*.md"),
    ("docs", "**/*.md"),
    ("include/mailchimp_sandbox", "README.md"),
    ("sql", "**/*.sql"),
    ("include/local_installation/sql", "*.sql"),
    ("examples", "**/*.sql"),
    (".", ".env.example"),
    (".", "docker-compose.yaml"),
    *PYTHON,
    TEMPLATES,
    ("tools", "*"),
    ("tests", "**/*.py"),
    ("include/mailchimp_sandbox/tests", "**/*.py"),
)
#: Places with short sentences.
SENTENCES = (
    (".", "*.md"),
    ("docs", "**/*.md"),
    ("sql", "**/*.sql"),
    ("include/local_installation/sql", "*.sql"),
    ("examples", "**/*.sql"),
    *PYTHON,
    TEMPLATES,
    ("tools", "*.py"),
)
#: A landed migration never changes, not even in a comment.
FROZEN = ROOT / "sql" / "migrations"
#: This file has to name the words.
LISTS_THEM = Path(__file__).resolve()

MOST_WORDS = 20
#: Beginnings of longer sentences, by file, with the reason.
LONGER: dict[str, dict[str, str]] = {
    "include/crm_mailchimp/crm/query_allowed.py": {"btrim char_length": "a list of functions"},
    "include/crm_mailchimp/crm/query_growth.py": {"Alias Bracket": "a list of sqlglot's classes"},
    "include/crm_mailchimp/crm/query_text.py": {
        "all and": "a list of keywords",
        "Abs Add": "a list of sqlglot's classes",
    },
    "include/mailchimp_sandbox/rss_series.py": {
        '"If this is your first send': "a quotation of Mailchimp's help",
    },
}


def files(places: tuple[tuple[str, str], ...]) -> list[Path]:
    """The files of some places. Each place has one, so a moved folder is noticed."""
    found: list[Path] = []
    for folder, pattern in places:
        here = [
            path
            for path in sorted((ROOT / folder).glob(pattern))
            if path.is_file()
            and not path.is_relative_to(FROZEN)
            and path != LISTS_THEM
            and ".venv" not in path.parts
        ]
        assert here, f"{folder}/{pattern} has no file"
        found += here
    return found


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_banned_word() -> None:
    looked = files(WORDS)
    assert len(looked) > 1000
    found = [
        f"{name(path)}:{number}: {line.strip()}"
        for path in looked
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if BANNED.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("line", ["one.is_told = True", "class Told:", "test_made_anew()", "Whom?"])
def test_names_are_searched(line: str) -> None:
    assert BANNED.search(line)
    assert not BANNED.search("an untold standstill of towhomever_toldo")


def paragraphs_of_markdown(text: str) -> Iterator[str]:
    """Prose paragraphs and list items: no code, no tables, no headings."""
    text = re.sub(r"^[ \t]*```.*?^[ \t]*```", "\n", text, flags=re.MULTILINE | re.DOTALL)
    paragraph: list[str] = []
    is_code = False
    for line in [*text.splitlines(), ""]:
        is_item = bool(re.match(r"\s*(?:[-*]|\d+\.)\s", line))
        # Four blanks after an empty line are code, unless they continue a list item.
        is_code = line.startswith("    ") and not is_item and (is_code or not paragraph)
        is_prose = bool(line.strip()) and not is_code and not re.match(r"\s*(?:[|#<>]|---)", line)
        if paragraph and (is_item or not is_prose):
            yield " ".join(paragraph)
            paragraph = []
        if is_prose:
            paragraph.append(re.sub(r"^\s*(?:[-*]|\d+\.)\s+", "", line).strip())


def paragraphs_of_sql(text: str) -> Iterator[str]:
    """Comments of the catalogue, and blocks of comment lines."""
    literal = r"'(?:[^']|'')*'"
    for words in re.findall(rf"^comment on [^']* is\s+((?:{literal}\s*)+);", text, re.MULTILINE):
        yield "".join(re.findall(r"'((?:[^']|'')*)'(?:\s|$)", words)).replace("''", "'")
    for block in re.findall(r"(?:^[ \t]*--.*\n)+", text, re.MULTILINE):
        for paragraph in re.split(r"^[ \t]*--[ \t]*\n", block, flags=re.MULTILINE):
            yield re.sub(r"\s*^[ \t]*--[ \t]*", " ", paragraph, flags=re.MULTILINE).strip()


def paragraphs_of_docstring(text: str) -> Iterator[str]:
    """Prose of a docstring. Each entry of a section such as ``Args`` is a paragraph."""
    lines = []
    is_section = False
    for line in text.splitlines():
        if re.fullmatch(r"(Args|Attributes|Returns|Yields|Raises):", line):
            is_section = True
            lines.append("")
        elif is_section and line.startswith("    "):
            lines.append(re.sub(r"^(?=\*{0,2}\w[\w., ]*: )", "- ", line[4:]))
        else:
            is_section = is_section and not line
            lines.append(line)
    yield from paragraphs_of_markdown("\n".join(lines))


def comments_of_python(text: str) -> Iterator[str]:
    """Comments. Comment lines that follow each other are one paragraph."""
    last = (-1, -1)
    block: list[str] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.COMMENT:
            continue
        line, column = token.start
        if block and (line, column) != (last[0] + 1, last[1]):
            yield " ".join(block)
            block = []
        block.append(token.string.lstrip("#: ").strip())
        last = (line, column)
    if block:
        yield " ".join(block)


def paragraphs_of_python(text: str) -> Iterator[str]:
    """Docstrings and comments."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, documented):
            yield from paragraphs_of_docstring(ast.get_docstring(node) or "")
    yield from comments_of_python(text)


def paragraphs_of_html(text: str) -> Iterator[str]:
    """Texts of a template. A value is one word; tags inside a line, and choices, part no words."""
    text = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r"\{\{.*?\}\}", "value", text, flags=re.DOTALL)
    text = re.sub(r"<code>.*?</code>", "code", text, flags=re.DOTALL)
    text = re.sub(r"\{%.*?%\}|</?(?:a|strong|em|code)\b[^>]*>", "", text, flags=re.DOTALL)
    for paragraph in re.split(r"<[^>]*>", text):
        if paragraph.strip():
            yield " ".join(paragraph.split())


def text_of(node: ast.expr) -> str | None:
    """The text of a string in Python, where each value is one word; None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "value" for part in node.values
        )
    return None


def outermost_texts(node: ast.AST) -> Iterator[str]:
    """Texts below a node, each whole: the parts of an f-string are no texts of their own."""
    for child in ast.iter_child_nodes(node):
        text = text_of(child) if isinstance(child, ast.expr) else None
        if text is None:
            yield from outermost_texts(child)
        else:
            yield text


def texts_of_python(text: str) -> Iterator[str]:
    """Errors, log lines, settings, letters: every text but docstrings and statements."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = None
    for found in outermost_texts(tree):
        if not STATEMENT.match(found):
            # What is in quotation marks is a name or a command: one word.
            quoted = re.sub(r"(?<!\w)'[^'\n]+'(?!\w)", "quoted", found)
            yield from filter(str.strip, quoted.splitlines())


def paragraphs(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        yield from paragraphs_of_html(text)
        return
    if path.suffix == ".py" and any(path.is_relative_to(ROOT / folder) for folder in MESSAGES):
        yield from texts_of_python(text)
    if path.suffix == ".sql":
        yield from paragraphs_of_sql(text)
    elif path.suffix == ".py":
        yield from paragraphs_of_python(text)
    else:
        yield from paragraphs_of_markdown(text)


def sentences(paragraph: str) -> Iterator[str]:
    """Sentences, where code is one word and a link is its text."""
    paragraph = re.sub(r"(`+).*?\1", "code", paragraph)
    paragraph = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", paragraph)
    yield from re.split(r"(?<=[.!?])[\"')*_]*\s+(?=[\"'(*_]*[^\W_a-z]|code\b)", paragraph)


def words(sentence: str) -> int:
    return sum(bool(re.search(r"\w", word)) for word in sentence.split())


def test_short_sentences() -> None:
    looked = files(SENTENCES)
    assert len(looked) > 1000
    long = [
        f"{name(path)}: {words(sentence)} words: {sentence}"
        for path in looked
        for paragraph in paragraphs(path)
        for sentence in sentences(paragraph)
        if words(sentence) > MOST_WORDS
        and not sentence.startswith(tuple(LONGER.get(name(path), {})))
    ]
    assert long == []


def test_templates_and_texts_are_read() -> None:
    page = (
        "<style>p { x }</style>\n<h1>One {{ two | three }}</h1>{% if four %}<p>Five "
        "<a href='x'>six</a>\n<code>seven eight</code>.</p>{% endif %}"
    )
    assert [*paragraphs_of_html(page)] == ["One value", "Five six code."]
    python = (
        '"""One."""\n\nx = "select two"\nraise ValueError(f"three {x:%d} \'four five\' " "six")\n'
        'log.info("seven\\neight")\n\n\ndef y() -> None:\n    """Nine."""\n'
    )
    assert [*texts_of_python(python)] == ["three value quoted six", "seven", "eight"]


def test_the_sentences_are_read() -> None:
    text = (
        "# A heading\n\nOne `a b c` two\nthree. Four [five six](a/b.md)!\n\n- seven\n  eight\n"
        "- nine\n\n    code code\n\n```\ncode\n```\n| a | table |\n\n1. Ten: e.g. eleven. Twelve.\n"
    )
    found = [[*sentences(paragraph)] for paragraph in paragraphs_of_markdown(text)]
    assert found == [
        ["One code two three.", "Four five six!"],
        ["seven eight"],
        ["nine"],
        ["Ten: e.g. eleven.", "Twelve."],
    ]
    assert [words(sentence) for sentence in found[0]] == [4, 3]
    comments = "-- One\n-- two.\n--\n-- Three.\ncomment on view a.b is\n'It''s '\n'four.';\n"
    assert [*paragraphs_of_sql(comments)] == ["It's four.", "One two.", "Three."]
    python = (
        '"""One.\n\nTwo\nthree.\n\nArgs:\n    four: five\n        six.\n    seven: eight.\n\n'
        'Returns:\n    nine.\n"""\n\n# Ten\n# eleven.\nx = 1  # twelve\n\n\n'
        'def one() -> None:\n    """Thirteen."""\n    # Fourteen.\n'
    )
    assert [*paragraphs_of_python(python)] == [
        "One.", "Two three.", "four: five six.", "seven: eight.", "nine.", "Thirteen.",
        "Ten eleven.", "twelve", "Fourteen.",
    ]  # fmt: skip
