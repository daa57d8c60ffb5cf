"""``python -m crm_mailchimp.sync`` from one process that has read its program: it forks.

A command is a process of its own, with its own arguments, environment, output and exit code. To
read the program takes most of a second of a core each time. ``tests/documents`` and
``tests/data_protection`` start the interpreter itself.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

_MODULE = "crm_mailchimp.sync"


def run_sync_command(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end.

    Args:
        words: what follows ``python -m crm_mailchimp.sync``.
    """
    starter = _starter()
    assert starter.stdin
    assert starter.stdout
    with tempfile.TemporaryDirectory(prefix="crm-command-") as folder:
        outputs = [Path(folder) / name for name in ("stdout", "stderr")]
        wanted = {
            "words": words,
            "environment": dict(os.environ),
            "folder": str(Path.cwd()),
            "outputs": [str(path) for path in outputs],
        }
        print(json.dumps(wanted), file=starter.stdin, flush=True)
        code = int(starter.stdout.readline())
        stdout, stderr = (path.read_text(encoding="utf-8") for path in outputs)
    return subprocess.CompletedProcess(words, code, stdout, stderr)


@cache
def _starter() -> subprocess.Popen[str]:
    """Ends when this process does, which closes its input."""
    return subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _serve() -> None:
    import crm_mailchimp.sync_commands  # noqa: F401, PLC0415 - not in the process that tests

    # Else each child's first collection writes into, and so copies, all that was read here.
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        if (pid := os.fork()) == 0:
            _run(**json.loads(line))
            return
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _run(words: list[str], environment: dict[str, str], folder: str, outputs: list[str]) -> None:
    """In a child: the command, until it exits."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, path in enumerate(outputs, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [_MODULE, *words]
    # As the interpreter does for ``-m``: modules are looked for in the folder where it starts.
    sys.path[0] = ""
    runpy.run_module(_MODULE, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _serve()
