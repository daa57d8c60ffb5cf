"""Which commands a document may show: each program has a rule that looks at its arguments.

A rule raises ``AssertionError`` with the reason. A program without a rule has none to pass.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml

from debian_postgres import binaries
from documents.code_in_documents import documents
from documents.shell_commands import OWN_VALUE, Command

ROOT = Path(__file__).parents[2]
#: Modules whose command has no argparse.
WITHOUT_PARSER = {"reliability.tally", "pytest"}
#: Subcommands of Airflow that come with the FAB auth manager, which is not in the lock.
#: https://airflow.apache.org/docs/apache-airflow-providers-fab/stable/cli-ref.html
FAB_COMMANDS = {("roles", "add-perms"): {"--action", "--resource"}}
HELM_VALUES = "deploy/helm/values.yaml"
#: Words after ``docker compose``, of https://docs.docker.com/reference/cli/docker/compose/
COMPOSE_COMMANDS = {"up", "down", "config", "build", "run", "exec", "logs", "ps"}


class Accepted(BaseException):
    """A parser took the arguments; the command itself must not begin."""


def accepts(run: Callable[[], object], program: str, arguments: Sequence[str]) -> str | None:
    """What a command's parser says against some arguments; None if it takes them.

    Args:
        run: begins the command; its parser ends it before it does anything.
        program: for ``sys.argv``.
        arguments: as a reader types them.
    """
    words: list[str] = []
    errors = io.StringIO()
    original = argparse.ArgumentParser.parse_args

    def parse_args(self: argparse.ArgumentParser, *given: object) -> object:
        original(self, *given)  # type: ignore[call-overload]
        raise Accepted

    def error(self: argparse.ArgumentParser, message: str) -> None:
        words.append(message)
        raise Accepted

    with (
        mock.patch.object(argparse.ArgumentParser, "parse_args", parse_args),
        mock.patch.object(argparse.ArgumentParser, "error", error),
        mock.patch.object(sys, "argv", [program, *arguments]),
    ):
        try:
            with redirect_stdout(io.StringIO()), redirect_stderr(errors):
                run()
        except Accepted:
            return words[0] if words else None
        except SystemExit:
            return errors.getvalue()  # a parser with words of its own, as Airflow's
    raise AssertionError(f"{program} has no parser")


def _module(name: str, arguments: Sequence[str], folder: str, *, is_mention: bool) -> None:
    if name in WITHOUT_PARSER:
        paths = [str(ROOT / "tests"), *sys.path]
        assert any((Path(path) / f"{name.replace('.', '/')}.py").exists() for path in paths) or (
            shutil.which(name)
        ), f"no module {name}"
        return
    with warnings.catch_warnings():
        # A package that imports its own __main__ is no trouble here.
        warnings.simplefilter("ignore", RuntimeWarning)
        said = accepts(
            lambda: runpy.run_module(name, run_name="__main__", alter_sys=True), name, arguments
        )
    # A sentence may name a command, or an option, without all that the command needs.
    if is_mention and said and ("required" in said or "expected one argument" in said):
        said = None
    assert said is None, said


def python(command: Command, *, is_mention: bool) -> None:
    arguments = list(command.words[1:])
    if not arguments:
        return
    if arguments[0] == "-m":
        _module(arguments[1], arguments[2:], command.folder, is_mention=is_mention)
    elif arguments[0] == "-c":
        done = subprocess.run(
            [sys.executable, *arguments], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip()
    else:
        path = ROOT / arguments[0]
        assert path.is_file(), f"no file {arguments[0]}"
        said = accepts(
            lambda: runpy.run_path(str(path), run_name="__main__"), arguments[0], arguments[1:]
        )
        assert said is None, said


@cache
def make_targets() -> set[str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))


def make(command: Command, *, is_mention: bool) -> None:
    for word in command.words[1:]:
        name, equals, value = word.partition("=")
        if not equals:
            assert word in make_targets(), f"no target {word}"
        elif name == "ARGS":
            paths = [part for part in value.split() if "/" in part and OWN_VALUE not in part]
            assert all((ROOT / path.partition("::")[0]).exists() for path in paths), value
        else:
            known_variable(name)
    for name in command.variables:
        known_variable(name)


def known_variable(name: str) -> None:
    """A variable that some program or test of ours reads."""
    done = subprocess.run(
        ["git", "grep", "-qwE", name, "--", "*.py", "tools", "Makefile", "*.yaml",
         ":!tests/documents"],
        cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"nothing reads {name}"


def airflow(command: Command, *, is_mention: bool) -> None:
    arguments = list(command.words[1:])
    fab = FAB_COMMANDS.get(tuple(arguments[:2]))
    if fab is not None:
        assert {word for word in arguments if word.startswith("--")} <= fab
        return
    from airflow.cli import cli_parser  # noqa: PLC0415

    said = accepts(lambda: cli_parser.get_parser().parse_args(arguments), "airflow", arguments)
    assert said is None, said
    dags = {path.stem for path in (ROOT / "dags").glob("*.py")}
    if arguments[:2] in (["dags", "unpause"], ["dags", "pause"], ["dags", "trigger"]):
        assert arguments[2] in dags, f"no DAG {arguments[2]}"


def pip(command: Command, *, is_mention: bool) -> None:
    action, *rest = command.words[1:]
    assert action in {"install", "uninstall", "wheel"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    if action == "uninstall":
        assert rest == [project["name"]]
        return
    files = [rest[i + 1] for i, word in enumerate(rest) if word == "-r"]
    folders = [word for word in rest if word.startswith(".")]
    # What the command before it has built.
    wheels = [word for word in rest if word.endswith(".whl")]
    assert files or folders or wheels
    assert all((ROOT / file).is_file() for file in files), files
    for folder in folders:
        path, _, extra = folder.rstrip("]").partition("[")
        described = tomllib.loads((ROOT / path / "pyproject.toml").read_text(encoding="utf-8"))
        assert not extra or extra in described["project"]["optional-dependencies"]


def helm_values() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / HELM_VALUES).read_text(encoding="utf-8"))
    return found


def image(name: str) -> None:
    """An image that is built or pushed is the one that the chart takes."""
    wanted = helm_values()["images"]["airflow"]
    assert name == f"{wanted['repository']}:{wanted['tag']}"


def kubectl(command: Command, *, is_mention: bool) -> None:
    """A secret has exactly the keys that the chart's values read of it."""
    kind, name, *given = command.words[3:]
    assert command.words[1:3] == ("create", "secret")
    assert kind == "generic"
    keys = {word.removeprefix("--from-literal=").partition("=")[0] for word in given}
    values = helm_values()
    read = {(one["secretName"], one["secretKey"]) for one in values["secret"]}
    # The chart's own names of keys: templates/_helpers.yaml of the chart.
    read |= {
        (values["data"]["metadataSecretName"], "connection"),
        (values["fernetKeySecretName"], "fernet-key"),
        (values["apiSecretKeySecretName"], "api-secret-key"),
        (values["jwtSecretName"], "jwt-secret"),
    }
    for volume in values["apiServer"]["extraVolumes"]:
        if "secret" in volume:
            (copied,) = values["apiServer"]["extraInitContainers"]
            file = re.findall(r"/given/(\S+)", copied["command"][-1])
            read |= {(volume["secret"]["secretName"], one) for one in file}
    assert keys == {key for secret, key in read if secret == name}, name


def helm(command: Command, *, is_mention: bool) -> None:
    words = list(command.words[1:])
    if words[:2] == ["repo", "add"]:
        assert words[2:] == ["apache-airflow", "https://airflow.apache.org"]
        return
    assert words[:2] == ["upgrade", "--install"]
    assert words[3] == "apache-airflow/airflow"
    assert words[4:] == ["--values", HELM_VALUES]


def docker(command: Command, *, is_mention: bool) -> None:
    words = list(command.words[1:])
    if words[0] in ("build", "push"):
        image(words[-1] if words[0] == "push" else words[words.index("--tag") + 1])
        return
    assert words.pop(0) == "compose"
    services = yaml.safe_load((ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))[
        "services"
    ]
    profiles = {name for service in services.values() for name in service.get("profiles", [])}
    while words and words[0] == "--profile":
        assert words[1] in profiles, f"no profile {words[1]}"
        words = words[2:]
    assert words[0] in COMPOSE_COMMANDS
    assert {word for word in words[1:] if not word.startswith("-")} <= set(services)


def git(command: Command, *, is_mention: bool) -> None:
    listed = subprocess.run(
        ["git", "--list-cmds=main,nohelpers"], capture_output=True, text=True, check=True
    )
    assert command.words[1] in listed.stdout.split()


def grep(command: Command, *, is_mention: bool) -> None:
    folder = ROOT if command.words[-1] != "." else ROOT / "include/mailchimp_sandbox"
    found = subprocess.run(
        list(command.words), cwd=folder, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, "it finds nothing"
    assert found.stdout


def cd(command: Command, *, is_mention: bool) -> None:
    folder = command.words[1]
    is_there = (ROOT / command.folder / folder).is_dir()
    assert folder == OWN_VALUE or is_there, f"no folder {folder}"


def sha256sum(command: Command, *, is_mention: bool) -> None:
    assert (ROOT / command.folder / (command.writes or "")).is_file()


def export(command: Command, *, is_mention: bool) -> None:
    for word in command.words[1:]:
        name = word.partition("=")[0]
        # A page may use a variable of its own in a later command.
        if not any(f"${name}" in text for text in documents().values()):
            known_variable(name)


def reader(command: Command, *, is_mention: bool) -> None:
    """A program of every Linux that only reads."""
    assert shutil.which(command.program)
    assert command.writes is None, f"{command.program} writes {command.writes}"


def date(command: Command, *, is_mention: bool) -> None:
    done = subprocess.run(list(command.words), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def postgres_program(command: Command, *, is_mention: bool) -> None:
    """One of Postgres' own programs: it has each option, and the files of ``-f`` are there."""
    programs = binaries()
    path = programs and shutil.which(command.program, path=str(programs))
    path = path or shutil.which(command.program)
    if path is None:
        missing = f"{command.program} is not installed: apt-get install postgresql"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    done = subprocess.run([path, "--help"], capture_output=True, text=True, check=True)
    known = set(re.findall(r"(?<![\w-])(--?[A-Za-z][\w-]*)", done.stdout))
    words = command.words[1:]
    options = {word.partition("=")[0] for word in words if re.fullmatch(r"--?[A-Za-z]\S*", word)}
    assert options - known == set(), f"{command.program} has no {sorted(options - known)}"
    for file in (words[i + 1] for i, word in enumerate(words[:-1]) if word == "-f"):
        assert (ROOT / command.folder / file).is_file(), f"no file {file}"


def curl(command: Command, *, is_mention: bool) -> None:
    """``test_commands_that_run`` sends it to a sandbox."""
    assert any("/3.0/" in word for word in command.words)


def apt_get(command: Command, *, is_mention: bool) -> None:
    words = [word for word in command.words if word != "sudo"]
    assert words[:2] == ["apt-get", "install"]
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", word) for word in words[2:])


def script(command: Command, *, is_mention: bool) -> None:
    """A program of this repository: each option is a word in it."""
    path = ROOT / command.program
    assert path.stat().st_mode & 0o111, f"{command.program} cannot be run"
    text = path.read_text(encoding="utf-8")
    for word in command.words[1:]:
        assert word in text, f"{command.program} knows no {word}"


def pre_commit(command: Command, *, is_mention: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", *command.words[1:], "--help"],
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0


RULES: dict[str, Callable[..., None]] = {
    "python": python, "python3": python, ".venv/bin/python": python, "make": make,
    "airflow": airflow, "pip": pip, "docker": docker, "git": git, "grep": grep, "cd": cd,
    "sha256sum": sha256sum, "export": export, "date": date, "curl": curl, "sudo": apt_get,
    "apt-get": apt_get, ".venv/bin/pre-commit": pre_commit, "kubectl": kubectl, "helm": helm,
    **dict.fromkeys(("ls", "cat", "head", "tail"), reader),
    **dict.fromkeys(
        ("psql", "createdb", "createuser", "dropdb", "initdb", "pg_ctl", "pg_dump", "pg_restore"),
        postgres_program,
    ),
}  # fmt: skip
#: Words that a sentence uses for ``python -m crm_mailchimp.…``.
SHORT = {"crm", "sync", "warehouse", "quality"}


def check(command: Command, *, is_mention: bool) -> None:
    """Judge one command by its program's rule.

    Args:
        command: of a document.
        is_mention: it is a piece of a sentence, so it may leave out what it needs to run.

    Raises:
        AssertionError: no rule knows it, or its rule refuses it.
    """
    if not command.words:
        for name in command.variables:
            known_variable(name)
        return
    rule = RULES.get(command.program)
    if rule is None and command.program.startswith("tools/"):
        rule = script
    assert rule is not None, f"no rule knows {command.program}"
    rule(command, is_mention=is_mention)
