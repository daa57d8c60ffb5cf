"""Every command in a document is one that a reader can type."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from crm_mailchimp.settings import GROUPS
from documents.code_in_documents import (
    ROOT,
    Code,
    all_blocks,
    all_spans,
    blocks,
    documents,
    indented_blocks,
    spans,
)
from documents.command_rules import RULES, SHORT, check
from documents.shell_commands import A_DAY, OWN_VALUE, Command, commands

#: What a block may be, and who looks at it: this file, ``test_statements`` or the site's tests.
LANGUAGES = {"sh", "env", "text", "sql", "python", "json", "yaml", "mermaid"}
BLOCKS = all_blocks()
#: Programs that no document names yet. Who names one writes a rule for it.
WITHOUT_RULE = {
    "npm", "node", "ssh", "systemctl", "cp", "mv", "rm", "chmod",
    "mkdir", "wget", "uv", "pytest", "superset", "mkdocs", "docker-compose",
}  # fmt: skip
#: Pieces of a sentence that begin like a command.
PROGRAMS = {*RULES, *SHORT, *WITHOUT_RULE} - {"date", "export", "cd"}


def of_language(*languages: str) -> list[Code]:
    return [code for code in BLOCKS if code.language in languages]


def is_command(code: Code) -> bool:
    """Whether a piece of a sentence is a command, and not only the name of a program."""
    first, _, rest = re.sub(r"^(?:[A-Z_]+=\S+ )*", "", code.text).partition(" ")
    return bool(rest) and (first in PROGRAMS or first.startswith("tools/"))


MENTIONS = [code for code in all_spans() if is_command(code)]


@pytest.mark.parametrize("code", BLOCKS, ids=str)
def test_each_block_says_its_language(code: Code) -> None:
    assert code.language in LANGUAGES, f"{code}: name one of {sorted(LANGUAGES)} after ```"


@pytest.mark.parametrize("name", documents())
def test_no_block_is_code_by_its_indent(name: str) -> None:
    assert indented_blocks(documents()[name]) == [], "use ``` with a language"


@pytest.mark.parametrize("code", of_language("sh"), ids=str)
def test_the_commands_of_a_block(code: Code) -> None:
    found = commands(code.text)
    assert found
    for command in found:
        check(command, is_mention=False)


@pytest.mark.parametrize("code", MENTIONS, ids=str)
def test_the_commands_of_a_sentence(code: Code) -> None:
    (first, *more) = commands(code.text)
    if first.program in SHORT:
        first = Command(("python", "-m", f"crm_mailchimp.{first.words[0]}", *first.words[1:]))
    for command in (first, *more):
        check(command, is_mention=True)


def test_the_lists_of_programs_are_apart() -> None:
    assert WITHOUT_RULE & set(RULES) == set()


def test_the_documents_have_commands() -> None:
    assert len(of_language("sh")) > 25
    assert len(MENTIONS) > 60


@pytest.mark.parametrize("code", of_language("text"), ids=str)
def test_no_command_hides_in_a_text(code: Code) -> None:
    for line in code.text.splitlines():
        first = re.sub(r"^\$?\s*(?:[A-Z_]+=\S+ )*", "", line).partition(" ")[0]
        assert first not in set(RULES) - {"date"}, f"{line}: the block is sh"


@pytest.mark.parametrize("code", of_language("env"), ids=str)
def test_variables_of_a_block_exist(code: Code) -> None:
    known = {name.upper() for group in GROUPS for name in group.model_fields}
    pairs = re.findall(r"^([A-Z_]+)=('[^']*'|.*)$", code.text, re.MULTILINE)
    assert len(pairs) == len(re.findall(r"^[A-Z_]+=", code.text, re.MULTILINE)) > 0
    for name, value in pairs:
        assert name.startswith("AIRFLOW_CONN_") or name in known, name
        if name.startswith("AIRFLOW_CONN_"):
            text = value.strip("'")
            kind = json.loads(text)["conn_type"] if "{" in text else text.partition("://")[0]
            assert kind == ("mailchimp" if "MAILCHIMP" in name else "postgresql")


def read_data(code: Code) -> object:
    return json.loads(code.text) if code.language == "json" else yaml.safe_load(code.text)


def test_data_can_be_read() -> None:
    for code in of_language("json", "yaml"):
        assert read_data(code) is not None, code
    assert read_data(Code("d", 1, "json", '{"a": [1]}')) == {"a": [1]}
    assert read_data(Code("d", 1, "yaml", "a: [1]")) == {"a": [1]}
    for language in ("json", "yaml"):
        with pytest.raises((ValueError, yaml.YAMLError)):
            read_data(Code("d", 1, language, "{a: ["))


@pytest.mark.parametrize("code", of_language("python"), ids=str)
def test_python_can_be_compiled(code: Code) -> None:
    compile(code.text, str(code), "exec")


WRONG = {
    "make nothing": "no target nothing",
    "make bench ARGS=tests/no_such.py": "tests/no_such.py",
    "NO_SUCH_VARIABLE_AT_ALL=1 make demo": "nothing reads",
    "python -m crm_mailchimp.sync explain --dsn … --mail x": "unrecognized|required",
    "python -m crm_mailchimp.crm create --dsn … --no-such-switch": "unrecognized",
    "python -m crm_mailchimp.warehouse migrat --dsn …": "invalid choice",
    "python -m crm_mailchimp.warehouse migrate": "required",
    "python no_such.py": "no file",
    "airflow dags unpause no_such_dag": "no DAG",
    "airflow dags unpaus sync_collections": "invalid choice",
    "airflow dags trigger preview_collections --config x": "unrecognized",
    "pip install -r no_such.txt": "no_such",
    "docker compose --profile nothing up": "no profile",
    "grep -rn no_such_text_in_dags_at_all dags": "finds nothing",
    "psql --no-such-switch": "has no",
    "psql -d x -f no_such.sql": "no file",
    "cat a > b": "writes b",
    "tools/lock --degrade": "knows no",
    "cd no_such_folder": "no folder",
    "frobnicate all": "no rule knows",
}


#: Programs that no document names today.
RIGHT = (
    'psql -v ON_ERROR_STOP=1 -d "$CRM_DSN" -f tools/create_databases.sql',
    "cd tools && psql -d x -f create_databases.sql",
    "pg_dump --schema=sync --format=custom --file=sync.dump x",
    "createdb --maintenance-db=x crm",
    "initdb -D x -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8",
    'pg_ctl -D x -l x.log -o "-p 55432 -k /tmp" -w start',
    'export PATH="$(ls -d /usr/lib/postgresql/*/bin | tail -1):$PATH"',
)


@pytest.mark.parametrize("text", RIGHT)
def test_a_right_command_passes(text: str) -> None:
    for command in commands(text):
        check(command, is_mention=False)


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_command_is_refused(text: str) -> None:
    (command,) = commands(text)
    with pytest.raises(AssertionError, match=WRONG[text]):
        check(command, is_mention=False)


def test_shell_is_read_as_a_shell_reads_it() -> None:
    assert commands('A=1 make x # words\ncd a && b "$(date +%F)" > c # d') == [
        Command(("make", "x"), {"A": "1"}),
        Command(("cd", "a")),
        Command(("b", A_DAY), writes="c", folder="a"),
        Command(("date", "+%F")),
    ]
    assert commands("x '# y' z#1 # it's \"") == [Command(("x", "# y", "z#1"))]
    assert [command.folder for command in commands("cd a/b\nx\ncd ../c\nx")] == [
        ".", "a/b", "a/b", "a/c",
    ]  # fmt: skip
    assert commands("a -f - < q.sql; git clone <this repository>") == [
        Command(("a", "-f", "-"), reads="q.sql"),
        Command(("git", "clone", OWN_VALUE)),
    ]


def test_code_is_found_in_a_document() -> None:
    text = "a `make\nx` b\n\n1. c\n\n   ```sh\n   make y\n   ```\n\n    indented\n"
    assert [(code.line, code.text) for code in spans("d", text)] == [(1, "make x")]
    (block,) = blocks("d", text)
    assert (block.line, block.language, block.text) == (6, "sh", "make y\n")
    assert indented_blocks("text\n\n    make z\n") == ["make z"]
    assert (ROOT / "docs").is_dir()
