"""Architecture rules, checked on the source code."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import platform_new
from platform_new.catalog import SOURCE_AXIS, load_catalog, template_root

PACKAGE = Path(platform_new.__file__).parent
ROOT = template_root()
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))
CATALOG = load_catalog()
LONGEST = 400
LONGEST_FUNCTION = 60
IO_MODULES = {
    "os", "io", "shutil", "subprocess", "socket", "tempfile", "urllib", "http", "random", "time", "logging",
    "copier", "jinja2", "ruamel", "yaml", "duckdb", "psycopg", "pymysql", "sqlite3", "typer", "rich", "questionary",
}  # fmt: skip


def named(path: Path) -> str:
    """The module's path below the package."""
    return path.relative_to(PACKAGE).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    """The module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of the module's syntax tree."""
    return tuple(ast.walk(tree(path)))


@cache
def imported(path: Path) -> frozenset[str]:
    """The top-level names of all imports in the module, at any depth."""
    return frozenset(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def importing(*names: str) -> set[str]:
    """The packages (top-level folders) that import one of these names."""
    return {named(path).partition("/")[0] for path in MODULES if set(names) & imported(path)}


@cache
def strings(path: Path) -> tuple[tuple[int, str], ...]:
    """The module's string literals that are not docstrings, with their lines."""
    scopes = (ast.Module, ast.ClassDef, ast.FunctionDef)
    bodies = (scope.body for scope in nodes(path) if isinstance(scope, scopes))
    said = {id(node.value) for body in bodies for node in body if isinstance(node, ast.Expr)}
    return tuple(
        (node.lineno, node.value)
        for node in nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said
    )


CHOICES = [(axis.name, name) for axis in CATALOG.questions for name in axis.choices if name != "none"]
"""Without `none`, which is also an English word and a YAML value; the test matrix covers it."""


EXAMPLE = re.compile(r"^platform-new ", re.MULTILINE)
"""Examples in a command's help may name choices."""

WORDS_OF_SQL = "plan/names.py"
"""A list of reserved words may contain the name of a choice."""

SOURCES_OF_THEIR_OWN = ("introspect/",)
"""Introspection needs code for each source kind, named after the choices."""


@pytest.mark.parametrize(("axis", "name"), CHOICES)
def test_the_name_of_a_choice_is_in_its_folder_only(axis, name):
    kinds = CATALOG.axes[SOURCE_AXIS].choices
    for path in MODULES:
        if named(path) == WORDS_OF_SQL or (named(path).startswith(SOURCES_OF_THEIR_OWN) and name in kinds):
            continue
        for line, text in strings(path):
            if EXAMPLE.search(text):
                continue
            assert not re.search(rf"(?<![\w/-]){re.escape(name)}(?![\w/-])", text), f"{named(path)}:{line}: {text!r}"


OF_TYPES = "spec/data_type.py"
TAKING_APART = {"partition", "rpartition", "split", "rsplit", "startswith", "removeprefix", "index", "find"}


def test_the_text_of_a_type_is_taken_apart_and_put_together_in_one_module():
    def at_fault(node: ast.AST) -> bool:
        if isinstance(node, ast.JoinedStr):
            first = node.values[0] if node.values else None
            return isinstance(first, ast.Constant) and str(first.value).startswith("numeric(")
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TAKING_APART):
            return False
        marks = [each.value for argument in node.args for each in ast.walk(argument) if isinstance(each, ast.Constant)]
        return any(mark == "(" or str(mark).startswith("numeric") for mark in marks)

    found = {f"{named(path)}:{node.lineno}" for path in MODULES for node in nodes(path) if at_fault(node)}
    assert {place for place in found if not place.startswith(f"{OF_TYPES}:")} == set()
    patterns = {named(path) for path in MODULES for _, text in strings(path) if r"numeric\(" in text}
    assert patterns == {OF_TYPES}
    templates = (ROOT / "template").rglob("*.jinja")
    assert [
        path for path in templates if re.search(r"type\.(split|partition)\(", path.read_text(encoding="utf-8"))
    ] == []


@pytest.mark.parametrize("name", list(CATALOG.axes["modeling"].choices))
def test_a_modelling_style_has_one_module_of_its_name(name):
    assert (PACKAGE / "plan/modeling" / f"{name}.py").is_file()


def test_a_module_can_be_held_in_the_head():
    lines = {named(path): path.read_text(encoding="utf-8").count("\n") for path in MODULES}
    assert {path: count for path, count in lines.items() if count > LONGEST} == {}


def test_no_function_is_longer_than_a_screen():
    functions = ((path, node) for path in MODULES for node in nodes(path) if isinstance(node, ast.FunctionDef))
    lengths = {f"{named(path)}: {node.name}": node.end_lineno - node.lineno + 1 for path, node in functions}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_no_module_asks_whether_a_source_has_tables_or_events_by_its_class():
    def at_fault(node: ast.AST) -> bool:
        is_check = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance"
        return is_check and bool(
            {"Source", "EventSource"} & {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        )

    assert [f"{named(path)}:{node.lineno}" for path in MODULES for node in nodes(path) if at_fault(node)] == []


def test_what_is_public_says_what_it_is():
    def undocumented(path: Path, scope: ast.AST, prefix: str = "") -> Iterator[str]:
        for node in scope.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                # Decorators turn the docstring of a command into its help.
                if not ast.get_docstring(node) and not (named(path).startswith("cli/") and node.decorator_list):
                    yield f"{named(path)}: {prefix}{node.name}"
                if isinstance(node, ast.ClassDef):
                    yield from undocumented(path, node, f"{node.name}.")

    assert [named(path) for path in MODULES if ast.get_docstring(tree(path)) is None] == []
    assert [name for path in MODULES for name in undocumented(path, tree(path))] == []


def test_copier_is_imported_where_things_are_rendered():
    assert importing("copier", "jinja2", "plumbum") == {"render"}


def test_git_is_called_where_things_are_merged():
    calling = {named(path).partition("/")[0] for path in MODULES for _, text in strings(path) if text == "git"}
    assert calling - {"cli"} == {"merge"}
    assert "subprocess" not in {name for path in MODULES if "cli/" in named(path) for name in imported(path)}


def test_only_the_command_line_asks_and_prints():
    assert importing("typer", "rich", "questionary", "click") == {"cli"}
    printing = {
        named(path)
        for path in MODULES
        for node in nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("print", "input")
    }
    assert all(path.startswith("cli/") for path in printing)


def test_a_plan_is_made_without_reading_or_writing_anything():
    reading = {"open", "print", "input", "exec", "eval"}
    planning = [path for path in MODULES if named(path).startswith("plan/")]
    calls = {
        (named(path), node.func.id)
        for path in planning
        for node in nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert [(named(path), name) for path in planning for name in imported(path) & IO_MODULES] == []
    assert calls and {(path, name) for path, name in calls if name in reading} == set()


ORDER = (
    "errors",
    "documents",
    "catalog",
    "spec",
    "samples",
    "plan",
    "introspect",
    "answers",
    "merge",
    "render",
    "edit",
    "refresh",
    "verify",
    "certify",
    "flow",
    "cli",
)
"""Each module may import only earlier modules; `introspect` and `plan` do not import each other."""


def test_a_step_of_the_flow_knows_only_those_before_it():
    wrong = []
    for path in MODULES:
        step = named(path).partition("/")[0].removesuffix(".py")
        for node in nodes(path) if step in ORDER else ():
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("platform_new."):
                other = node.module.split(".")[1]
                later = other in ORDER and ORDER.index(other) > ORDER.index(step)
                if later:
                    wrong.append(f"{named(path)} imports {node.module}")
    assert wrong == []


def test_no_modules_import_one_another_in_a_circle():
    """Not even for type checking, because a reader of one module would have to know all."""
    modules = {named(path).removesuffix(".py").removesuffix("/__init__").replace("/", "."): path for path in MODULES}
    ours = "platform_new."
    imports = {
        name: {
            target
            for node in nodes(path)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(ours)
            for alias in node.names
            for module in [node.module.removeprefix(ours)]
            for target in [f"{module}.{alias.name}" if f"{module}.{alias.name}" in modules else module]
        }
        for name, path in modules.items()
    }
    while leaves := {name for name, needed in imports.items() if not needed & imports.keys()}:
        imports = {name: needed for name, needed in imports.items() if name not in leaves}
    assert imports.keys() == set()


def tracked() -> list[Path]:
    """The files of this repository that git does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is not a git repository")
    paths = [ROOT / path.decode() for path in listed.stdout.split(b"\0") if path]
    return [path for path in paths if path.is_file()]


PRIVATE = re.compile(
    r"/root/|/home/(?!(?:user|me|you|runner)\b)\w+/|/tmp/\w|/work/|"
    r"https?://[\w.-]*(?:pypi|pythonhosted|jfrog|artifactory|nexus|proxy|mirror)[\w.-]*"
)


def test_no_file_names_a_place_that_only_one_machine_knows():
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in tracked()
        if path != Path(__file__).resolve()
        for match in PRIVATE.finditer(path.read_text(encoding="utf-8", errors="ignore"))
    ]
    assert found == []


def test_help_loads_nothing_heavy():
    heavy = ("copier", "pydantic", "questionary", "sqlalchemy", "duckdb", "psycopg", "pymysql", "ruamel", "jinja2")
    program = (
        "import sys; from platform_new.cli import main\n"
        "try: main(['--help'])\n"
        "finally: sys.stderr.write(' '.join(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "platform-new" in done.stdout
    assert [name for name in heavy if name in done.stderr.split()] == []
