"""What ``Dockerfile`` puts into an image, as far as a process without a container needs it."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class Image:
    """A stage of ``Dockerfile``, or an image of others.

    Attributes:
        entrypoint: words before the command.
        environment: the variables that it sets.
        copies: (path of the repository, path inside) of what it has of this repository.
        folders: that it makes.
    """

    entrypoint: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    copies: tuple[tuple[str, str], ...] = ()
    folders: tuple[str, ...] = ()


#: Images of others that ours begin with. Airflow's entry runs subcommands of ``airflow``:
#: https://airflow.apache.org/docs/docker-stack/entrypoint.html
BASES = {
    "apache/airflow": Image(entrypoint=("airflow",), environment={"AIRFLOW_HOME": "/opt/airflow"}),
    "python": Image(),
}


def image_of(target: str) -> Image:
    """A stage of ``Dockerfile``.

    Args:
        target: its name; empty: the last one.
    """
    stages: dict[str, Image] = {}
    name, here = "", Image()
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        word, _, rest = line.partition(" ")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            here = stages.get(base) or BASES[base.partition(":")[0]]
        elif word and not word.startswith("#"):
            here = _with(here, word, rest)
        stages[name] = here
    return stages[target]


def _with(image: Image, word: str, rest: str) -> Image:
    if word == "COPY" and "--from=" not in rest:
        *sources, place = [part for part in rest.split() if not part.startswith("--")]
        return replace(image, copies=(*image.copies, *((one, place) for one in sources)))
    if word == "ENV":
        pairs = dict(part.split("=", 1) for part in shlex.split(rest))
        return replace(image, environment={**image.environment, **pairs})
    if word == "ENTRYPOINT":
        return replace(image, entrypoint=tuple(json.loads(rest)))
    if word == "RUN":
        made = re.findall(r"mkdir -p ((?:/\S+ ?)+)", rest)
        made += re.findall(r"--home-dir (\S+)", rest)
        return replace(image, folders=(*image.folders, *" ".join(made).split()))
    return image
