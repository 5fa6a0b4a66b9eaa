"""What runs when: the jobs of a platform, which an orchestrator's templates render in its own idiom.

A job says everything that decides a run: its commands and their order, when it starts or what it waits for, what it
updates, how often it is tried, and how many of its kind may run at once. Templates derive nothing of this.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from platform_new.catalog import Choice
from platform_new.plan.model import PlannedSource
from platform_new.plan.streams import PlannedEvents, PlannedStream

MAINTENANCE = "30 3 * * 0"
"""When the lake is compacted: on Sundays, when few people wait for it."""
SPARKS = 2
"""How many streams may run at once unless somebody knows the memory of the machine."""


@dataclass(frozen=True)
class Asset:
    """Something that a job updates and another one waits for.

    `kind` is `raw` (the landed tables of a source), `lake` (one table of a stream) or `marts`; `source` is empty for
    the marts, `table` for all but a table of the lake.
    """

    name: str
    uri: str
    kind: str
    source: str = ""
    table: str = ""


MARTS = Asset("marts", "warehouse://marts", "marts")


@dataclass(frozen=True)
class Pool:
    """What tasks share that is scarce; `places` is how many of them may run at once in production."""

    name: str
    purpose: str
    places: int


@dataclass(frozen=True)
class Policy:
    """How a task is tried: `retries` more times with waits that double, in minutes, for `timeout` hours each time."""

    retries: int = 3
    first_wait: int = 2
    longest_wait: int = 30
    timeout: int = 2


@dataclass(frozen=True)
class Task:
    """One command of a job.

    `tool` says what runs the arguments: `ingest` (the repository's loads), `dbt`, `python` (a module in `.venv`) or
    `spark` (a module in `.venv-stream`). `after` are the tasks of the job that come first; `because` is the reason for
    what is not plain; `retries` outweighs the job's policy.
    """

    name: str
    tool: str
    arguments: str
    after: tuple[str, ...] = ()
    updates: tuple[Asset, ...] = ()
    retries: int | None = None
    because: str = ""

    @property
    def command(self) -> str:
        """The command line, from the root of the repository, for the local target."""
        before = {
            "ingest": ".venv/bin/python -m ingest ",
            "dbt": "PLATFORM_ROOT=$PWD .venv/bin/dbt ",
            "python": ".venv/bin/python -m ",
            "spark": ".venv-stream/bin/python -m ",
        }[self.tool]
        behind = " --project-dir transform --profiles-dir transform" if self.tool == "dbt" else ""
        return f"{before}{self.arguments}{behind}"


@dataclass(frozen=True)
class Job:
    """Tasks that start together: on a `schedule` (cron, in UTC), or when the assets in `after` are updated.

    `kind` is `load`, `stream`, `build` or `maintain`; `source` that of a load or stream. A job with an
    `interval` can be run again for a window of the past. `any_of_them` says that one updated asset is enough to start.
    `about` are paragraphs for its documentation, `runbooks` the occasion and the page of each.
    """

    name: str
    kind: str
    title: str
    about: tuple[str, ...]
    tasks: tuple[Task, ...]
    pool: Pool
    source: str = ""
    schedule: str | None = None
    after: tuple[Asset, ...] = ()
    any_of_them: bool = False
    interval: bool = False
    policy: Policy = field(default_factory=Policy)
    tags: tuple[str, ...] = ()
    runbooks: tuple[tuple[str, str], ...] = ()

    @property
    def updates(self) -> tuple[Asset, ...]:
        """What its tasks update."""
        return tuple(asset for task in self.tasks for asset in task.updates)

    @property
    def uses_spark(self) -> bool:
        """Whether it needs the environment of the streams."""
        return any(task.tool == "spark" for task in self.tasks)

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"job": self.name}


def plan_jobs(
    sources: tuple[PlannedSource, ...], events: tuple[PlannedEvents, ...], warehouse: Choice
) -> tuple[Job, ...]:
    """The jobs that keep a platform up to date: streams, loads, the marts, and the care of the lake.

    `warehouse` says in its sheet how many tasks may write to it at once.
    """
    writers = Pool("warehouse", "Tasks that write to the warehouse", warehouse.sheet.writers)
    sparks = Pool("streams", "Tasks that run Spark on the lake", SPARKS)
    streams = tuple(_stream(each, sparks) for each in events if any(stream.ends for stream in each.streams))
    loads = tuple(_load(source, streams, events, writers) for source in sources)
    care = (_maintenance(sparks),) if events else ()
    return (*streams, *loads, _build(sources, loads, writers), *care)


def _stream(events: PlannedEvents, pool: Pool) -> Job:
    ending = [stream for stream in events.streams if stream.ends]
    lookups = (_lookups(events, "With a dash, which no stream has in its name."),) if events.has_joins else ()
    return Job(
        name=f"stream_{events.name}",
        kind="stream",
        title=f"Bring the lake up to date with the topics of {events.name}",
        about=(
            f"Bring the tables of `{events.name}` in the lake up to date with its topics.",
            f"Each run takes the messages that are there and ends; `load_{events.name}` follows once every table is up "
            "to date. A run that was missed needs nothing: the next one goes on where the last one stopped. So there "
            "is no backfill here: what has to be made anew is replayed with `make replay`.",
        ),
        tasks=(
            *(_query(events, stream) for stream in ending if not stream.joins),
            *lookups,
            *(_query(events, stream) for stream in ending if stream.joins),
        ),
        pool=pool,
        source=events.name,
        schedule=events.spec.schedule,
        tags=("stream", events.spec.kind),
        runbooks=(("Fails because of its checkpoint", "checkpoint-lost"),),
    )


LOOKUPS = "write-lookups"


def _query(events: PlannedEvents, stream: PlannedStream) -> Task:
    name = stream.spec.source_name
    table = Asset(f"lake_{events.name}.{stream.name}", f"lake://{events.name}/{name}", "lake", events.name, stream.name)
    after = (LOOKUPS,) if stream.joins else ()
    return Task(stream.name, "spark", f"stream {stream.query}", after, (table,))


def _lookups(events: PlannedEvents, because: str) -> Task:
    return Task(LOOKUPS, "python", f"stream.lookups {events.name}", because=because)


def _load(source: PlannedSource, streams: tuple[Job, ...], events: tuple[PlannedEvents, ...], pool: Pool) -> Job:
    raw = Asset(f"raw_{source.name}", f"warehouse://raw_{source.name}", "raw", source.name)
    before = next((job for job in streams if job.source == source.name), None)
    joining = next((each for each in events if each.name == source.name and each.has_joins and not before), None)
    beside = "Beside the load: the jobs that never end join what is in the lake whenever they look."
    starts = f"It follows `{before.name}`. A run takes" if before else "A scheduled run takes"
    return Job(
        name=f"load_{source.name}",
        kind="load",
        title=f"Load the source {source.name}",
        about=(
            f"Load the source `{source.name}` into the schema `raw_{source.name}`.",
            f"{starts} what changed since the last load, whenever it starts, so that a late, skipped or repeated run "
            "loses nothing and doubles nothing.",
        ),
        tasks=(
            Task("ingest", "ingest", source.name, updates=(raw,)),
            *([_lookups(joining, beside)] if joining else []),
        ),
        pool=pool,
        source=source.name,
        schedule=None if before else source.spec.schedule,
        after=before.updates if before else (),
        interval=before is None,
        tags=("ingest", source.spec.kind),
        runbooks=(("Late", "source-late"), ("Changed columns", "schema-drift")),
    )


def _build(sources: tuple[PlannedSource, ...], loads: tuple[Job, ...], pool: Pool) -> Job:
    several = len({source.spec.schedule for source in sources}) > 1
    when = (
        "The sources have schedules of their own, so this runs after each load of any of them."
        if several
        else "The sources share a schedule, so this runs once all of them are loaded."
    )
    return Job(
        name="build_marts",
        kind="build",
        title="Build and test the marts",
        about=(
            "Build and test the marts from what was loaded.",
            f"{when} Staging, snapshots and marts are built and tested in one `dbt build`: what depends on a model "
            "whose test fails is not built.",
        ),
        tasks=(
            Task(
                "build",
                "dbt",
                "build",
                updates=(MARTS,),
                retries=1,
                because="Once, for a warehouse that was away: a test that fails will fail again.",
            ),
            Task(
                "freshness",
                "dbt",
                "source freshness",
                because="Beside the build, not before it: one late source must not keep the others out of the marts.",
            ),
        ),
        pool=pool,
        after=tuple(asset for job in loads for asset in job.updates),
        any_of_them=several,
        tags=("dbt", "marts"),
        runbooks=(("Stale", "stale-mart"), ("Slow", "slow-model")),
    )


def _maintenance(pool: Pool) -> Job:
    return Job(
        name="maintain_lake",
        kind="maintain",
        title="Compact the tables of the lake",
        about=(
            "Keep the tables of the lake small and fast to read.",
            "The parts of figures are put together, small files become large ones, and files that no table needs are "
            "removed. Streams may run meanwhile. A run that was missed needs nothing: the next one does its work.",
        ),
        tasks=(Task("maintain", "spark", "stream.maintain"),),
        pool=pool,
        schedule=MAINTENANCE,
        tags=("stream",),
        runbooks=(("The disk is full", "disk-full"),),
    )
