"""The tasks that build the marts: one for each model, snapshot, seed and function, with its tests.

`make tasks` derives them from dbt's manifest and writes them to transform/target/tasks.json, since
the manifest is too large to be read whenever Airflow parses the DAG.
"""

import hashlib
import json
import shlex
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[3]
MANIFEST = ROOT / "transform" / "target" / "manifest.json"
TASKS = MANIFEST.with_name("tasks.json")

CHECK = f"{shlex.quote(sys.executable)} {shlex.quote(__file__)} --check"
"""The command that fails if the dbt project has changed since the tasks were derived."""

GROUPS = {"snapshot": "snapshots", "seed": "seeds", "function": "functions"}
RESERVED = {"prepare", "build", "models", "tests", *GROUPS.values()}
"""Names of other tasks and groups of the DAG."""
LONGEST = 200

# Tasks that run at the same time would overwrite each other's artifacts.
OPTIONS = "--no-write-json"

Nodes = Mapping[str, Mapping[str, Any]]


class Task(NamedTuple):
    """A task in a group: its dbt command, and the tasks that it waits for."""

    name: str
    group: str
    command: str
    after: list[str]


class Between(NamedTuple):
    """Tests that run with no single node: the nodes that they need, and those that wait for them."""

    tests: list[str]
    needs: set[str]
    before: list[str]


def expand(manifest: Mapping[str, Any]) -> list[Task]:
    """Derive the tasks, which together run each node and each test once, in the order of `dbt build`.

    A test runs with the last node that it depends on. If none of its nodes comes after all others,
    as in a relationship between two staging models, it runs after all of them in another task, for
    which the models downstream of all of them wait.
    """
    nodes = of_types(manifest, "model", *GROUPS)
    tests = of_types(manifest, "test")
    names = selectors({**nodes, **tests})
    commands, groups, after = {}, {}, {}
    for key, node in nodes.items():
        name = names[key]
        commands[name] = f"build --select {shlex.quote(name)} --indirect-selection buildable"
        groups[name] = group_of(node)
        after[name] = {names[parent] for parent in parents_of(node) if parent in nodes}
    for tested in tests_between(tests, nodes):
        name = name_of(tested, names)
        commands[name] = f"test --select {shlex.join(sorted(names[key] for key in tested.tests))}"
        groups[name] = "tests"
        after[name] = {names[key] for key in tested.needs if key in nodes}
        for waiting in tested.before:
            after[names[waiting]].add(name)
    direct = without_implied(after)
    return [
        Task(name, groups[name], f"{commands[name]} {OPTIONS}", direct[name])
        for name in sorted(commands)
    ]


def of_types(manifest: Mapping[str, Any], *types: str) -> Nodes:
    """The nodes of these types."""
    nodes = {**manifest["nodes"], **manifest["functions"]}
    return {key: node for key, node in nodes.items() if node["resource_type"] in types}


def parents_of(node: Mapping[str, Any]) -> list[str]:
    """What a node depends on; seeds depend on macros only."""
    parents: list[str] = node["depends_on"].get("nodes", [])
    return parents


def tests_between(tests: Nodes, nodes: Nodes) -> Iterator[Between]:
    """The tests that run with no single node.

    Tests that the same nodes wait for are together: each task starts dbt, which takes seconds.
    """
    above = ancestors({key: parents_of(node) for key, node in nodes.items()})
    together: dict[Any, Between] = {}
    for key, test in tests.items():
        tested = frozenset(parents_of(test))
        # Sources are loaded already, so they matter only to a test that needs nothing else.
        built = tested.intersection(nodes) or tested
        if any(last in nodes and built - {last} <= above[last] for last in built):
            continue
        before = first_downstream(built, nodes, above) if built else []
        same = together.setdefault(tuple(before) or built, Between([], set(), before))
        same.tests.append(key)
        same.needs.update(built)
    yield from together.values()


def first_downstream(
    tested: frozenset[str], nodes: Nodes, above: Mapping[str, frozenset[str]]
) -> list[str]:
    """The nodes that are downstream of all tested ones, while none of their parents is."""
    return sorted(
        key
        for key, node in nodes.items()
        if tested <= above[key] and not any(tested <= above[parent] for parent in parents_of(node))
    )


def ancestors(graph: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    """Everything upstream of each node of a graph, which has the parents of each node."""
    above: dict[str, frozenset[str]] = {}
    for key in TopologicalSorter(graph).static_order():
        parents = frozenset(graph.get(key, ()))
        above[key] = parents.union(*(above[parent] for parent in parents))
    return above


def without_implied(graph: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """The same order with the fewest edges: they are most of the time that the DAG takes to parse."""
    above = ancestors(graph)
    return {
        key: sorted(set(parents).difference(*(above[parent] for parent in parents)))
        for key, parents in graph.items()
    }


def selectors(nodes: Nodes) -> dict[str, str]:
    """What selects each node in a dbt command: its name, or its path if the name selects more."""
    names = {
        key: f"{node['name']}.v{node['version']}" if node.get("version") else node["name"]
        for key, node in nodes.items()
    }
    folders = {
        folder for node in nodes.values() for folder in node["fqn"][:2] if folder != node["name"]
    }
    counts = Counter([*names.values(), *RESERVED, *folders])
    return {
        key: name if counts[name] == 1 else ".".join(nodes[key]["fqn"])
        for key, name in names.items()
    }


def group_of(node: Mapping[str, Any]) -> str:
    """The group of a task in Airflow's graph: the folder of a model."""
    folder = node["fqn"][1] if len(node["fqn"]) > 2 else "models"
    return GROUPS.get(node["resource_type"], folder)


def name_of(tested: Between, names: Mapping[str, str]) -> str:
    """The name of a task that only tests: what waits for it or, if nothing does, what it needs."""
    # A source has the name that it has in dbt.
    needs = sorted(names.get(key) or key.split(".", 2)[2] for key in tested.needs)
    before = sorted(names[key] for key in tested.before)
    name = ".".join(["tests", *(["before", *before] if before else needs or ["other"])])
    # Airflow accepts up to 250 characters.
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return name if len(name) <= LONGEST else f"{name[:LONGEST]}.{digest}"


def read_tasks() -> list[Task]:
    """The tasks that `make tasks` has written. Raises `FileNotFoundError` if it never ran."""
    if not TASKS.is_file():
        raise FileNotFoundError(f"{TASKS} is missing: run `make tasks`.")
    return [Task(*task) for task in json.loads(TASKS.read_text(encoding="utf-8"))]


def main() -> int:
    """Write the tasks or, with `--check`, return 1 if they differ from those in the file."""
    tasks = expand(json.loads(MANIFEST.read_text(encoding="utf-8")))
    if "--check" not in sys.argv:
        partial = TASKS.with_suffix(".partial")
        partial.write_text(json.dumps(tasks, indent=1) + "\n", encoding="utf-8")
        partial.replace(TASKS)
        return 0
    known, names = {task.name: task for task in read_tasks()}, {task.name for task in tasks}
    differing = [task.name for task in tasks if task != known.get(task.name)]
    if changed := sorted({*differing, *(known.keys() - names)}):
        print(f"The dbt project has changed ({', '.join(changed)}): run `make tasks`.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
