"""A story played without faults, once; and trials that play its chapters with one fault each."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from crm_mailchimp.crm.query_login import create_query_login
from crm_mailchimp.crm.schema import create_contract
from crm_mailchimp.warehouse.migrations import upgrade
from reliability.dump import Difference, Dump, compare, dump_world
from reliability.lines import DatabaseLine, MailchimpLine
from reliability.runs import DagRun
from reliability.servers import NotPermittedError, Postgres, quiet, sandbox_with
from reliability.story import CHAPTERS, Scene, fill
from reliability.work import Outcome, Places, Running, Task

if TYPE_CHECKING:
    from reliability.faults import Fault

QUERY_LOGIN, QUERY_PASSWORD = "crm_query", "ερώτημα"
#: How often a person tries again before a world counts as lost.
PATIENCE = 4


def _same_in_every_world(dsn: str) -> None:
    """What a new warehouse draws by lot: two worlds that were made apart can be compared."""
    with psycopg.connect(dsn) as warehouse:
        warehouse.execute("update sync.suppression_key set hmac_key = sha256('world')")
        warehouse.execute("update sync.installation set installation_id = md5('world')::uuid")


@dataclass(frozen=True)
class Reach:
    """How much one task says over each line, without a fault."""

    mailchimp: int
    warehouse: int
    crm: int


@dataclass
class Ending:
    """A chapter of the story without faults.

    Attributes:
        dump: what the world holds at its end.
        reach: of each task, by (DAG's place in the chapter, task's key).
    """

    dump: Dump
    reach: dict[tuple[int, str], Reach] = field(default_factory=dict)


class World:
    """Databases, an account and the lines to them, while one story is played."""

    def __init__(
        self,
        *,
        name: str,
        crm: Postgres,
        warehouse: Postgres,
        sandbox: Any,
        seed: int,
        places: dict[str, Any] | None = None,
    ) -> None:
        self.name, self.seed = name, seed
        self.crm_server, self.warehouse_server, self.sandbox = crm, warehouse, sandbox
        self._open = ExitStack()
        self.crm_line = self._closing(DatabaseLine(crm.port))
        self.warehouse_line = self._closing(DatabaseLine(warehouse.port))
        self.mailchimp_line = self._closing(MailchimpLine(sandbox.host))
        query_dsn = crm.dsn(f"crm_{name}", port=self.crm_line.port)
        self.places = Places(
            crm=query_dsn,
            crm_query=psycopg.conninfo.make_conninfo(
                query_dsn, user=QUERY_LOGIN, password=QUERY_PASSWORD
            ),
            warehouse=warehouse.dsn(f"warehouse_{name}", port=self.warehouse_line.port),
            mailchimp=self.mailchimp_line.host,
            key=sandbox.key,
            # Every other story sends its changes through batches.
            batch_above=50 if seed % 2 else 1,
            **(places or {}),
        )
        self.runs = 0

    def _closing(self, line: Any) -> Any:
        self._open.callback(line.close)
        return line

    def close(self) -> None:
        self._open.close()

    @contextmanager
    def scene(self, chapter: int) -> Iterator[Scene]:
        """The world itself, past the lines."""
        with (
            psycopg.connect(self.crm_server.dsn(f"crm_{self.name}"), autocommit=True) as crm,
            psycopg.connect(
                self.warehouse_server.dsn(f"warehouse_{self.name}"), autocommit=True
            ) as warehouse,
        ):
            yield Scene(crm, warehouse, self.sandbox, random.Random(f"{self.seed}/{chapter}"))

    def happen(self, chapter: int) -> None:
        with self.scene(chapter) as scene:
            CHAPTERS[chapter].happen(scene)

    def run(self, dag: str) -> DagRun:
        self.runs += 1

        def now() -> Any:
            with self.scene(0) as scene:
                return scene.now()

        return DagRun(dag, f"run-{self.runs}-{random.randrange(10**9)}", self.places, now)

    def dump(self) -> Dump:
        with self.scene(0) as scene:
            return dump_world(scene)


class Theatre:
    """Plays a story once without faults, and gives worlds that begin at one of its chapters."""

    def __init__(
        self,
        crm: Postgres,
        warehouse: Postgres,
        folder: Path,
        seed: int,
        chapters: int = len(CHAPTERS),
    ) -> None:
        self.crm, self.warehouse, self.folder, self.seed = crm, warehouse, folder, seed
        self.chapters = chapters
        self.endings: list[Ending] = []
        self._trials = 0
        self._made: list[tuple[Postgres, str]] = []

    def play(self) -> None:
        """The story without faults; every chapter can be begun from then on."""
        name = f"twin_{self.seed}"
        warehouse = self._made_database(self.warehouse, f"warehouse_{name}")
        upgrade(warehouse)
        _same_in_every_world(warehouse)
        with psycopg.connect(self._made_database(self.crm, f"crm_{name}")) as crm:
            create_contract(crm)
            create_query_login(crm, QUERY_LOGIN, QUERY_PASSWORD)
        self.let_query_login_in(name)
        state = self.folder / f"twin-{self.seed}.json"
        with sandbox_with(state) as sandbox:
            quiet(sandbox)
            world = World(
                name=name,
                crm=self.crm,
                warehouse=self.warehouse,
                sandbox=sandbox,
                seed=self.seed,
            )
            try:
                with world.scene(-1) as scene:
                    fill(scene)
                for chapter in range(self.chapters):
                    world.happen(chapter)
                    self._keep(world, state, chapter)
                    self.endings.append(self._watch(world, chapter))
            finally:
                world.close()

    def _watch(self, world: World, chapter: int) -> Ending:
        reach: dict[tuple[int, str], Reach] = {}
        for place, dag in enumerate(CHAPTERS[chapter].dags):
            run = world.run(dag)

            def watched(key: str, task: Task, place: int = place) -> Outcome:
                for line in (world.crm_line, world.warehouse_line):
                    line.set(None)
                world.mailchimp_line.set()
                outcome = Running(world.places, task).wait()
                reach[place, key] = Reach(
                    world.mailchimp_line.count, world.warehouse_line.count, world.crm_line.count
                )
                return outcome

            run.play(watched)
            assert not run.failed(), f"without a fault: {run.failed()}"
        play_again(world, chapter)
        return Ending(world.dump(), reach)

    def _keep(self, world: World, state: Path, chapter: int) -> None:
        world.sandbox.control("POST", "save")
        shutil.copy(state, self.state_of(chapter))
        for server, kind in ((self.crm, "crm"), (self.warehouse, "warehouse")):
            name = f"{kind}_{self.seed}_{chapter}"
            server.copy(name, f"{kind}_{world.name}")
            self._made.append((server, name))

    def state_of(self, chapter: int) -> Path:
        return self.folder / f"chapter-{self.seed}-{chapter}.json"

    def _made_database(self, server: Postgres, name: str) -> str:
        self._made.append((server, name))
        return server.create(name)

    def let_query_login_in(self, name: str) -> None:
        with psycopg.connect(self.crm.dsn(f"crm_{name}"), autocommit=True) as crm:
            crm.execute(f'grant connect on database "crm_{name}" to {QUERY_LOGIN}')

    @contextmanager
    def world_at(
        self, chapter: int, warehouse: Postgres | None = None, **places: Any
    ) -> Iterator[World]:
        """A world in which a chapter's DAGs are due; it is gone afterwards."""
        self._trials += 1
        name = f"trial_{self.seed}_{self._trials}"
        servers = ((self.crm, "crm"), (self.warehouse, "warehouse"))
        state = self.folder / f"{name}.json"
        shutil.copy(self.state_of(chapter), state)
        try:
            for server, kind in servers:
                server.copy(f"{kind}_{name}", f"{kind}_{self.seed}_{chapter}")
            self.let_query_login_in(name)
            with sandbox_with(state) as sandbox:
                world = World(
                    name=name,
                    crm=self.crm,
                    warehouse=self.warehouse,
                    sandbox=sandbox,
                    seed=self.seed,
                    places=places,
                )
                try:
                    with world.scene(chapter) as scene:
                        CHAPTERS[chapter].begin(scene)
                    yield world
                finally:
                    world.close()
        finally:
            for server, kind in servers:
                server.drop(f"{kind}_{name}")
            for left in self.folder.glob(f"{name}.*"):
                left.unlink()

    def close(self) -> None:
        for server, name in self._made:
            server.drop(name)


@dataclass
class Verdict:
    """What came of a trial.

    Attributes:
        words: how to repeat it, and what happened.
        struck: whether the fault hit anything.
        differences: what is lost or too much, right after the chapter or at the story's end.
        stuck: errors that remained however often a person tried again.
    """

    words: str
    struck: bool = False
    differences: list[Difference] = field(default_factory=list)
    stuck: dict[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not self.differences and not self.stuck

    def lost(self) -> str:
        """What was lost, in words for a person who repairs it."""
        lines = [self.words, *self.log]
        lines += [f"stuck: {key}: {error}" for key, error in self.stuck.items()]
        lines += [str(one) for one in self.differences[:40]]
        return "\n".join(lines)


def try_fault(theatre: Theatre, fault: Fault, number: int, *, to_the_end: bool = False) -> Verdict:
    """Play one chapter with a fault, let a person rerun what failed, and compare.

    Args:
        number: draws chapter, task and moment; the same number draws the same.
        to_the_end: play the rest of the story too, and compare its end.
    """
    draw = random.Random(f"{theatre.seed}/{fault.name}/{number}")
    verdict = Verdict(f"{fault.name}, story {theatre.seed}, trial {number}")
    chapter = draw.choice([one for one in range(theatre.chapters) if fault.suits(one)])
    verdict.log.append(f"chapter: {CHAPTERS[chapter].name}")
    with theatre.world_at(chapter, **fault.places) as world, _noted(verdict):
        fault.disturb(world, theatre.endings[chapter], chapter, draw, verdict)
        if verdict.stuck:
            return verdict  # nobody can go on from here
        verdict.stuck = play_again(world, chapter)
        verdict.differences = compare(theatre.endings[chapter].dump, world.dump())
        if to_the_end and not verdict.differences:
            for later in range(chapter + 1, theatre.chapters):
                world.happen(later)
                for dag in CHAPTERS[later].dags:
                    run = world.run(dag)
                    run.play()
                    verdict.stuck |= run.failed()
                verdict.stuck |= play_again(world, later)
            verdict.differences = compare(theatre.endings[-1].dump, world.dump())
    return verdict


@contextmanager
def _noted(verdict: Verdict) -> Iterator[None]:
    """An error that no task reported is a loss too, and the next trial goes on."""
    try:
        yield
    except NotPermittedError:
        raise
    except Exception as error:
        verdict.stuck["the trial itself"] = f"{type(error).__name__}: {error}"


def play_again(world: World, chapter: int) -> dict[str, str]:
    """The last runs of a chapter; gives the words of their errors."""
    failed: dict[str, str] = {}
    for dag in CHAPTERS[chapter].again:
        run = world.run(dag)
        run.play()
        failed |= run.failed()
    return failed


def recover(world: World, run: DagRun, draw: random.Random, verdict: Verdict) -> None:
    """No fault any more: a person clears what failed, or all of it, or starts a new run."""
    for _ in range(PATIENCE):
        failed = run.failed()
        if not failed and run.outcomes:
            return
        verdict.log += [f"failed: {key}: {error[:300]}" for key, error in failed.items()]
        if any("clear the task 'stage'" in error.lower() for error in failed.values()):
            way = "clear all"
        else:
            way = draw.choice(("clear what failed", "clear all", "new run"))
        verdict.log.append(f"a person: {way}")
        if way == "new run":
            run = world.run(run.dag)
        elif way == "clear all":
            run.clear()
        else:
            run.clear_failed()
        run.play(lambda key, task: Running(world.places, task).wait())
    verdict.stuck = run.failed()
