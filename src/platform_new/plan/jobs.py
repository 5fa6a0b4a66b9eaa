"""The jobs of a platform, which an orchestrator's templates render in its own idiom.

A job defines everything about a run: its commands and their order, its schedule or the assets it waits for, the assets
it updates, its retries, and how many of its kind may run at once. Templates derive none of this.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from platform_new.catalog import Choice
from platform_new.plan.model import PlannedSource
from platform_new.plan.streams import PlannedEvents, PlannedStream
from platform_new.spec.cron import longest_wait_minutes

MAINTENANCE = "30 3 * * 0"
"""When the lake is compacted: on Sundays, when few people wait for the marts."""
WATCHES = ((15, "*/15 * * * *"), (6 * 60, "5 * * * *"), (None, "0 6 * * *"))
"""How often the age of the sources is checked, by the longest wait between the loads of one of them, in minutes."""
SPARKS = 2
"""How many streams may run at once by default, since the memory of the machine is unknown."""


@dataclass(frozen=True)
class Asset:
    """Data that a job updates and other jobs can wait for.

    `kind` is `raw` (the raw tables of a source), `lake` (the table of a stream) or `marts`; `source` is empty for the
    marts, `table` for all except a table of the lake.
    """

    name: str
    uri: str
    kind: str
    source: str = ""
    table: str = ""


MARTS = Asset("marts", "warehouse://marts", "marts")


@dataclass(frozen=True)
class Pool:
    """A scarce resource that tasks share; `places` is how many of them may run at once in production."""

    name: str
    purpose: str
    places: int


@dataclass(frozen=True)
class Policy:
    """The retry policy of a task: `retries` with waits in minutes that double, and a `timeout` per try in hours."""

    retries: int = 3
    first_wait: int = 2
    longest_wait: int = 30
    timeout: int = 2


@dataclass(frozen=True)
class Task:
    """One command of a job.

    `tool` says what runs the arguments: `ingest` (the repository's loads), `dbt`, `python` (a module in `.venv`) or
    `spark` (a module in `.venv-stream`). `after` are the tasks of the job that run first; `because` explains the
    task's placement or policy; `retries` overrides the job's policy.
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
        prefix = {
            "ingest": ".venv/bin/python -m ingest ",
            "dbt": "PLATFORM_ROOT=$PWD .venv/bin/dbt ",
            "python": ".venv/bin/python -m ",
            "spark": ".venv-stream/bin/python -m ",
        }[self.tool]
        suffix = " --project-dir transform --profiles-dir transform" if self.tool == "dbt" else ""
        return f"{prefix}{self.arguments}{suffix}"


@dataclass(frozen=True)
class Job:
    """Tasks that start together: on a `schedule` (cron, in UTC), or when the assets in `after` are updated.

    `kind` is `load`, `stream`, `build`, `watch` or `maintain`; `source` is the source of a load or stream. A job with
    an `interval` can be backfilled. `any_of_them` says that one updated asset is enough to start. `about` are
    paragraphs for its documentation, `runbooks` pairs of a situation and its page.
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
        """The assets that its tasks update."""
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
    """The jobs that keep a platform up to date: streams, loads, the marts, a watch, and the maintenance of the lake.

    The sheet of `warehouse` says how many tasks may write to it at once.
    """
    writers = Pool("warehouse", "Tasks that write to the warehouse", warehouse.sheet.writers)
    sparks = Pool("streams", "Tasks that run Spark on the lake", SPARKS)
    streams = tuple(_stream(each, sparks) for each in events if any(stream.ends for stream in each.streams))
    loads = tuple(_load(source, streams, events, writers) for source in sources)
    maintenance = (_maintenance(sparks),) if events else ()
    watch = (_watch(sources, writers),) if sources else ()
    return (*streams, *loads, _build(sources, loads, writers), *watch, *maintenance)


def _stream(events: PlannedEvents, pool: Pool) -> Job:
    ending = [stream for stream in events.streams if stream.ends]
    lookups = (_lookups(events, "Named with a dash, which no stream's name has."),) if events.has_joins else ()
    return Job(
        name=f"stream_{events.name}",
        kind="stream",
        title=f"Update the lake from the topics of {events.name}",
        about=(
            f"Update the tables of `{events.name}` in the lake from its topics.",
            f"Each run processes the available messages and ends; `load_{events.name}` follows once every table is up "
            "to date. A missed run needs no action: the next run continues where the last run stopped. So there is no "
            "backfill here; to rebuild tables from the topics, run `make replay`.",
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
    because = "Independent of the load: jobs that never end join the tables in the lake at each poll."
    starts = f"It follows `{before.name}`. A run loads" if before else "A scheduled run loads"
    return Job(
        name=f"load_{source.name}",
        kind="load",
        title=f"Load the source {source.name}",
        about=(
            f"Load the source `{source.name}` into the schema `raw_{source.name}`.",
            f"{starts} what changed since the last load, whenever it starts, so a late, skipped or repeated run "
            "neither loses nor duplicates rows.",
        ),
        tasks=(
            Task("ingest", "ingest", source.name, updates=(raw,)),
            *([_lookups(joining, because)] if joining else []),
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
        "The sources have different schedules, so this runs after every load."
        if several
        else "The sources share a schedule, so this runs once all of them are loaded."
    )
    return Job(
        name="build_marts",
        kind="build",
        title="Build and test the marts",
        about=(
            "Build and test the marts from the loaded data.",
            f"{when} Staging, snapshots and marts are built and tested in one `dbt build`: models downstream of a "
            "failed test are not built.",
        ),
        tasks=(
            Task(
                "build",
                "dbt",
                "build",
                updates=(MARTS,),
                retries=1,
                because="One retry, in case the warehouse was unavailable: a failed test would fail again.",
            ),
        ),
        pool=pool,
        after=tuple(asset for job in loads for asset in job.updates),
        any_of_them=several,
        tags=("dbt", "marts"),
        runbooks=(("Stale", "stale-mart"), ("Slow", "slow-model")),
    )


def _watch(sources: tuple[PlannedSource, ...], pool: Pool) -> Job:
    wait = min(longest_wait_minutes(source.spec.schedule) for source in sources)
    return Job(
        name="check_freshness",
        kind="watch",
        title="Check the age of the loaded data",
        about=(
            "Check when each source was last loaded, and fail if that is too long ago.",
            "On a schedule of its own, because a load that never starts cannot fail.",
        ),
        tasks=(
            Task(
                "freshness",
                "dbt",
                # A target folder of its own, because a build may run at the same time.
                "source freshness --target-path target/freshness",
            ),
        ),
        pool=pool,
        schedule=next(schedule for limit, schedule in WATCHES if limit is None or wait <= limit),
        tags=("dbt", "freshness"),
        runbooks=(("Fails", "source-late"),),
    )


def _maintenance(pool: Pool) -> Job:
    return Job(
        name="maintain_lake",
        kind="maintain",
        title="Compact the tables of the lake",
        about=(
            "Keep the tables of the lake small and fast to read.",
            "Merges partial aggregates, compacts small files into large files, and removes files that no table needs. "
            "Streams can run at the same time. A missed run needs no action: the next run catches up.",
        ),
        tasks=(Task("maintain", "spark", "stream.maintain"),),
        pool=pool,
        schedule=MAINTENANCE,
        tags=("stream",),
        runbooks=(("The disk is full", "disk-full"),),
    )
