"""The promises of every generated repository, for all choices, as checks of its files.

Each check is a function from a `Tree` to findings; its docstring states the promise. `broken(tree)` runs all checks.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import lkml
import yaml
from dbt_jinja import Project
from jinja2 import TemplateError

from platform_new.catalog import load_catalog
from platform_new.plan import Plan
from platform_new.spec.names import LONGEST_NAME

CATALOG = load_catalog()
Finding = tuple[str, str]
CHECKS: list[Callable[[Tree], Iterator[Finding]]] = []
SCHEMAS = {f".platform/schema/{name}.json" for name in ("platform", "source", "event_source")}
NOT_PLANNED = {"platform.yml", ".platform/base.txtar", *SCHEMAS}
README_LINES = 80
NAMED_PATH = re.compile(r"(?<![\w./<{:$-])((?:[\w.-]+/)+[\w.{}<>*-]*)")
FOLDERS = {
    file.pattern.partition("/")[0]
    for layer in (*CATALOG.layers, *(choice for axis in CATALOG.axes.values() for choice in axis.choices.values()))
    for file in layer.files
    if "/" in file.pattern
}
"""The top-level folders of any repository."""
PIPELINES = ("ci.yml", "pipelines.yml", "sandbox.yml")
"""How the names of files end in which a CI system runs commands."""
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Tree:
    """A generated repository: its folder and its plan."""

    folder: Path
    plan: Plan

    @cached_property
    def texts(self) -> dict[str, str]:
        """Every file's text by path."""
        files = sorted(path.relative_to(self.folder) for path in self.folder.rglob("*") if path.is_file())
        return {
            path.as_posix(): (self.folder / path).read_bytes().decode() for path in files if path.parts[0] != ".git"
        }

    def ending(self, *suffixes: str) -> Iterator[tuple[str, str]]:
        """The files whose path ends with one of the suffixes, with their text."""
        return ((path, text) for path, text in self.texts.items() if path.endswith(suffixes))

    @cached_property
    def models(self) -> dict[str, str]:
        """The SQL of every model by its path."""
        return {path: text for path, text in self.ending(".sql") if path.startswith("transform/models/")}

    @cached_property
    def properties(self) -> list[tuple[str, dict[str, Any]]]:
        """The parsed YAML files of the dbt project's models, snapshots and seeds, with their paths."""
        folders = ("transform/models/", "transform/snapshots/", "transform/seeds/")
        return [(path, yaml.load(text, _Loader)) for path, text in self.ending(".yml") if path.startswith(folders)]


def check(function: Callable[[Tree], Iterator[Finding]]) -> Callable[[Tree], Iterator[Finding]]:
    """Register the function as a check."""
    CHECKS.append(function)
    return function


def broken(tree: Tree) -> list[str]:
    """Every broken promise, as `check: path: problem`."""
    return [f"{check.__name__}: {path}: {what}" for check in CHECKS for path, what in check(tree)]


@check
def files_are_those_planned(tree: Tree) -> Iterator[Finding]:
    """Every planned file exists, and no other files except the spec and `.platform/`."""
    planned = {file.path for file in tree.plan.files} | {f"sources/{source.name}.yml" for source in tree.plan.sources}
    planned |= {f"sources/{events.name}.yml" for events in tree.plan.events}
    planned |= NOT_PLANNED
    yield from ((path, "is missing") for path in sorted(planned - tree.texts.keys()))
    yield from ((path, "is not planned") for path in sorted(tree.texts.keys() - planned))


@check
def yaml_parses(tree: Tree) -> Iterator[Finding]:
    """Every YAML file is valid and has no duplicate keys."""
    for path, text in tree.ending(".yml", ".yaml", ".yamllint"):
        if problem := _problem_of_yaml(text):
            yield path, problem


@cache
def _problem_of_yaml(text: str) -> str:
    try:
        yaml.load(text, _Strict)
    except yaml.YAMLError as error:
        return str(error)
    return ""


@check
def json_parses(tree: Tree) -> Iterator[Finding]:
    """Every JSON file is valid."""
    for path, text in tree.ending(".json", ".avsc"):
        try:
            json.loads(text)
        except ValueError as error:
            yield path, str(error)


@check
def lookml_parses(tree: Tree) -> Iterator[Finding]:
    """Every LookML file is valid."""
    for path, text in tree.ending(".lkml"):
        try:
            lkml.load(text)
        except SyntaxError as error:
            yield path, str(error)


@check
def python_compiles(tree: Tree) -> Iterator[Finding]:
    """Every Python file compiles."""
    for path, text in tree.ending(".py"):
        if problem := _problem_of_python(text):
            yield path, problem


@cache
def _problem_of_python(text: str) -> str:
    try:
        compile(text, "file", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        return str(error)
    return ""


@check
def models_render(tree: Tree) -> Iterator[Finding]:
    """Every model's Jinja is valid, and every model and source table that it names exists."""
    known = {Path(path).stem for path in tree.models}
    sources: set[tuple[str, str]] = set()
    for _, content in tree.properties:
        known |= {entry["name"] for kind in ("snapshots", "seeds") for entry in content.get(kind, ())}
        sources |= {
            (source["name"], table["name"]) for source in content.get("sources", ()) for table in source["tables"]
        }
    project = Project(tree.texts)
    for path, text in tree.models.items():
        project.refs.clear()
        project.sources.clear()
        try:
            for incremental in (False, True):
                project.rendered(text, incremental=incremental)
        except TemplateError as error:
            yield path, str(error)
        yield from ((path, f"there is no model {name}") for name in sorted(project.refs - known))
        yield from ((path, f"there is no source table {name}") for name in sorted(project.sources - sources))


@check
def properties_name_what_exists(tree: Tree) -> Iterator[Finding]:
    """Every `ref` and `source` in a properties file exists; models and properties files come in pairs."""
    models = {Path(path).stem for path in tree.models}
    described, others, named = set(), set(), []
    for path, content in tree.properties:
        described |= {model["name"] for model in content.get("models", ())}
        others |= {entry["name"] for kind in ("snapshots", "seeds") for entry in content.get(kind, ())}
        named += [(path, name) for name in _refs(content)]
    yield from ((name, "has no properties") for name in sorted(models - described))
    yield from ((name, "has properties, but no SQL") for name in sorted(described - models))
    yield from ((path, f"there is no model {name}") for path, name in named if name not in models | others)


@check
def unit_tests_have_names_that_fit(tree: Tree) -> Iterator[Finding]:
    """Unit tests have unique names that fit PostgreSQL's identifier length."""
    names = Counter((test["name"], path) for path, content in tree.properties for test in content.get("unit_tests", ()))
    for (name, path), count in names.items():
        if len(name) > LONGEST_NAME or count > 1:
            yield path, f"the unit test {name} has a name that is too long or not unique"


@check
def templates_leave_no_marks(tree: Tree) -> Iterator[Finding]:
    """No template markup is left in the text."""
    for path, text in _generated(tree):
        if any(mark in text for mark in ("[[ ", "[%", "[# ", " ]]", "%]")):
            yield from ((path, line) for line in text.splitlines() if re.search(r"\[\[ |\[%|\[# | \]\]|%\]", line))


@check
def white_space_is_tidy(tree: Tree) -> Iterator[Finding]:
    """No trailing space, no tab outside Makefiles, at most one blank line (two in Python), one final newline."""
    for path, text in _generated(tree):
        blank = 3 if path.endswith(".py") else 2
        if not text and path.endswith("__init__.py"):
            continue
        if not text.endswith("\n") or text.endswith("\n\n"):
            yield path, "does not end in exactly one newline"
        if "\r" in text:
            yield path, "has carriage returns"
        if "\n" * (blank + 1) in text:
            yield path, f"line {text[: text.index(chr(10) * (blank + 1))].count(chr(10)) + 2}: too many blank lines"
        if text.startswith("\n"):
            yield path, "starts with a blank line"
        for number, line in enumerate(text.splitlines(), 1):
            if line != line.rstrip():
                yield path, f"line {number} ends in white space"
            if "\t" in line and not path.endswith(("Makefile", ".mk")):
                yield path, f"line {number} has a tab"


@check
def readme_is_short(tree: Tree) -> Iterator[Finding]:
    """The README is at most one and a half screens long, the README of a folder at most one."""
    for path, text in tree.ending("README.md"):
        limit = README_LINES if path == "README.md" else README_LINES // 2
        if text.count("\n") > limit:
            yield path, f"has more than {limit} lines"


@check
def links_lead_somewhere(tree: Tree) -> Iterator[Finding]:
    """Every relative link in the docs leads to a file or folder of the repository."""
    folders = {parent.as_posix() for path in tree.texts for parent in Path(path).parents}
    for path, text in tree.ending(".md"):
        for target in re.findall(r"(?<!\\)\]\(([^)#]+)[^)]*\)", re.sub("`[^`\n]*`", "", text)):
            if "://" not in target and not target.startswith("mailto:"):
                found = (tree.folder / path).parent.joinpath(target).resolve()
                inside = found.relative_to(tree.folder.resolve()).as_posix()
                if inside not in tree.texts.keys() | folders:
                    yield path, f"links to {target}, which does not exist"


@check
def paths_lead_somewhere(tree: Tree) -> Iterator[Finding]:
    """Every path that a text names, below a top-level folder of any repository, exists in this repository.

    Paths that git ignores are exempt: commands create them later.
    """
    folders = {parent.as_posix() for path in tree.texts for parent in Path(path).parents}
    there = tree.texts.keys() | folders
    made = [line.strip("/") for line in tree.texts[".gitignore"].splitlines() if line.startswith("/")]
    for path, text in tree.texts.items():
        for named in NAMED_PATH.findall(text) if not path.startswith(".platform/") else ():
            named = named.rstrip("./,")
            if named.partition("/")[0] not in FOLDERS or any(f"{named}/".startswith(f"{each}/") for each in made):
                continue
            either = "|".join(_as_pattern(each) for each in (named, (Path(path).parent / named).as_posix()))
            if not any(re.fullmatch(either, each) for each in there):
                yield path, f"names {named}, which does not exist"


def _as_pattern(path: str) -> str:
    """A regular expression for a path with `*`, `<name>` or `{name}`."""
    return "[^/]*".join(re.escape(part) for part in re.split(r"\*|<[^>]*>|\{[^}]*\}", path))


@check
def variables_are_documented(tree: Tree) -> Iterator[Finding]:
    """`.env.example` names every environment variable that the repository reads and does not set itself."""
    documented = set(re.findall(r"^#? ?([A-Z_][A-Z0-9_]*)=", tree.texts[".env.example"], re.MULTILINE))
    own = set(re.findall(r"^(?:[a-z -]+: )?export ([A-Z_]+) :=", tree.texts["Makefile"], re.MULTILINE))
    read = {source.spec.variable: f"sources/{source.name}.yml" for source in tree.plan.sources}
    for path, text in _generated(tree):
        own |= set(re.findall(r"""environ\.setdefault\(\s*"([A-Z0-9_]+)\"""", text))
        for name in re.findall(r"""(?:environ(?:\.get\(|\[)|getenv\(|env_var\()\s*["']([A-Z0-9_]+)["']""", text):
            read.setdefault(name, path)
        for server in yaml.load(text, _Loader)["servers"] if path.endswith(".odcs.yaml") else ():
            read |= {name: path for value in server.values() for name in re.findall(r"\$\{(\w+)\}", str(value))}
        for name in re.findall(r'^VARIABLE = "([A-Z0-9_]+)"', text, re.MULTILINE):
            read.setdefault(name, path)
    yield from ((path, f"reads {name}") for name, path in read.items() if name not in documented | own)


@check
def commands_are_targets(tree: Tree) -> Iterator[Finding]:
    """Every `make …` in the docs and CI is a target of a Makefile."""
    rules = "".join(text for path, text in tree.texts.items() if path == "Makefile" or path.endswith(".mk"))
    targets = re.compile("|".join(re.findall(r"^([a-z][a-z-]*%?):", rules, re.MULTILINE)).replace("%", r"\w+"))
    for path, text in tree.ending(".md", *PIPELINES):
        before = r"(?:^|`|run: |script: |- )" if path.endswith(PIPELINES) else "(?:^|`)"
        for name in re.findall(rf"{before}make ([a-z][\w-]*)", text, re.MULTILINE):
            if not targets.fullmatch(name):
                yield path, f"names `make {name}`, which is not a target"


@check
def ci_runs_every_command(tree: Tree) -> Iterator[Finding]:
    """A pipeline installs the Debian packages and runs the commands that the cards of all layers name, in order."""
    layers, ci = tree.plan.layers, tree.plan.choices["ci"]
    paths = [file.pattern for file in ci.files if file.pattern.endswith(".yml")]
    if not paths:
        return
    commands = [command for layer in layers for command in layer.sheet.ci]
    said = {path: list(_scalars(yaml.load(tree.texts[path], _Loader))) for path in paths}
    path = max(paths, key=lambda each: len({*said[each]} & {*commands}))
    rest = iter(said[path])
    yield from ((path, f"does not run `{command}` in its place") for command in commands if command not in rest)
    installed = {word for text in said[path] if "apt-get install" in text for word in text.split()}
    wanted = {package for layer in layers for package in layer.sheet.debian} - {*ci.sheet.preinstalled}
    yield from ((path, f"does not install {package}") for package in sorted(wanted - installed))


def _scalars(content: Any) -> Iterator[str]:
    """Every text in parsed YAML, in its order."""
    if isinstance(content, dict | list):
        for each in content.values() if isinstance(content, dict) else content:
            yield from _scalars(each)
    elif isinstance(content, str):
        yield content


def _refs(content: Any, key: str = "") -> Iterator[str]:
    """The models that a properties file references."""
    if isinstance(content, dict):
        for name, value in content.items():
            yield from _refs(value, name)
    elif isinstance(content, list):
        for value in content:
            yield from _refs(value, key)
    elif isinstance(content, str) and key in ("to", "input", "relation", "depends_on"):
        yield from re.findall(r"\bref\('(\w+)'\)", content)


def _generated(tree: Tree) -> Iterator[tuple[str, str]]:
    return ((file.path, tree.texts[file.path]) for file in tree.plan.files if file.path in tree.texts)


class _Strict(_Loader):
    """Refuses a mapping with duplicate keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping. Raises `ConstructorError` if it has a duplicate key."""
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"duplicate keys: {twice}", node.start_mark)
        return super().construct_mapping(node, deep)
