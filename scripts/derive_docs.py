"""Generate the derived docs: references, the table of choices, the file tree, and the questions in copier.yml.

    .venv/bin/python scripts/derive_docs.py

A derived section of a page is enclosed in `<!-- derived: NAME -->` and `<!-- end -->`. A test fails if a page is stale.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from platform_new import flow
from platform_new.catalog import Axis, load_catalog
from platform_new.cli.app import COMMANDS, CREATE, app
from platform_new.samples import sample_source
from platform_new.spec.models import Platform, Spec
from platform_new.spec.reference import reference_page

ROOT = Path(__file__).parents[1]
COMMAND = ".venv/bin/python scripts/derive_docs.py"
COPIER = ROOT / "copier.yml"
QUESTIONS = f"# The questions below are generated from template/*/axis.yml by `{COMMAND}`.\n"
"""The line of copier.yml after which the axes begin."""
DERIVED = re.compile(r"(<!-- derived: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
STATUS = {
    "executed": "a generated repository ran with it in our tests",
    "emulated": "it ran on a stand-in for the real system",
    "compiled": "its SQL was compiled, or its pipelines fit a JSON schema, but nothing ran",
}
FOLDERS = {
    "ingest": "loads each source into `raw_<source>`, with dlt",
    "sample": "generates data for sources whose address is not set",
    "transform": "the dbt project: staging, marts, snapshots, tests",
    "contracts": "ODCS 3.1 data contracts: inbound for sources, outbound for marts",
    "orchestrate": "Airflow DAGs, connected by assets",
    "docs": "getting started, architecture, decisions, runbooks",
    "tests": "tests for ingestion and for the whole repository",
    ".github": "CI, which runs the Makefile targets",
}
FILES = {
    "Makefile": "setup, run, test, check, docs …",
    "run.py": "the program behind `make run`: load, build, test, report",
    "pyproject.toml": "the dependencies of each command",
    "constraints.txt": "exact package versions, tested together",
    ".env.example": "every environment variable and its purpose",
}
KEPT = {
    "platform.yml": "your choices",
    "sources/shop.yml": "your source: tables, columns, keys, loads",
    ".platform/": "schemas for editors, and the generated baseline",
}


def main() -> None:
    """Write every derived page and section."""
    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def pages() -> dict[Path, str]:
    """The expected text of each page that is derived or has a derived section."""
    wanted = {ROOT / "docs/reference/spec.md": reference_page(), ROOT / "docs/reference/cli.md": cli_page()}
    parts = {"tree": tree(), "choices": choices_table(), "cards": cards(), "status": status_list()}
    wanted[COPIER] = copier_questions(COPIER.read_text(encoding="utf-8"))
    for path in (ROOT / "README.md", ROOT / "docs/choices.md"):
        text = path.read_text(encoding="utf-8")
        wanted[path] = DERIVED.sub(lambda found: f"{found[1]}{parts[found[2]]}{found[3]}", text)
    return wanted


def copier_questions(text: str) -> str:
    """copier.yml with a question for each axis that a platform chooses."""
    return (
        text.partition(QUESTIONS)[0] + QUESTIONS + "".join(_copier_question(axis) for axis in load_catalog().questions)
    )


def _copier_question(axis: Axis) -> str:
    lines = [
        f"{axis.name}:",
        "  type: str",
        f"  help: {axis.question}",
        *(["  multiselect: true"] if axis.many else []),
    ]
    lines += [f"  choices: \"[[ menu('{axis.name}') ]]\"", f"  default: \"[[ default_choice('{axis.name}') ]]\""]
    return "".join(f"{line}\n" for line in lines)


def choices_table() -> str:
    """One line for each axis, for the README."""
    lines = ["| | choices |", "| --- | --- |"]
    for axis in load_catalog().axes.values():
        names = (f"`{name}` ({choice.status})" for name, choice in axis.choices.items())
        lines.append(f"| {axis.label} | {', '.join(names)} |")
    return "".join(f"{line}\n" for line in lines)


def cards() -> str:
    """Every axis with a table of its choices, from their cards."""
    return "\n".join(_axis(axis) for axis in load_catalog().axes.values())


def status_list() -> str:
    """The meaning of each status, with the number of choices that have it."""
    counts = Counter(choice.status for axis in load_catalog().axes.values() for choice in axis.choices.values())
    return "".join(f"- **{word}** ({counts[word]} of the choices): {meaning}.\n" for word, meaning in STATUS.items())


def _axis(axis: Axis) -> str:
    flag = f"`--{axis.name}`" if axis.name != "source" else "`kind:` in `sources/<name>.yml`; `--from` detects it"
    lines = [f"## {axis.label}", "", f"{axis.question} {flag}", ""]
    lines += ["| choice | what it is | when to choose it | status |", "| --- | --- | --- | --- |"]
    for name, choice in axis.choices.items():
        default = ", the default" if name in axis.default else ""
        lines.append(f"| `{name}`{default} | {choice.label}: {choice.summary} | {choice.why} | {choice.status} |")
    return "".join(f"{line}\n" for line in lines)


def tree() -> str:
    """The top level of a repository generated from the sample, with the number of files in each folder."""
    spec = Spec(platform=Platform(name="acme"), sources=(sample_source("shop"),))
    paths = [file.path for file in flow.plan_for(spec).files]
    counts = Counter(path.partition("/")[0] for path in paths if "/" in path)
    if unknown := counts.keys() - FOLDERS.keys():
        raise KeyError(f"describe in FOLDERS: {', '.join(sorted(unknown))}")
    rows = [*KEPT.items()]
    rows += [(f"{folder}/", f"{what} ({counts[folder]} files)") for folder, what in FOLDERS.items() if counts[folder]]
    rows += [(name, what) for name, what in FILES.items() if name in paths]
    lines = [f"├── {name:<17} {what.replace('`', '')}" for name, what in rows]
    lines[-1] = lines[-1].replace("├", "└")
    return "".join(f"{line}\n" for line in ("```text", "acme/", *lines, "```"))


def cli_page() -> str:
    """The command-line reference, generated from the commands."""
    group = typer.main.get_command(app)
    context = typer.Context(group, info_name="platform-new")
    sections = "".join(_command(name, group.get_command(context, name)) for name in COMMANDS)
    return f"# Command line\n\n<!-- Generated from the commands by `{COMMAND}`. -->\n{sections}"


def _command(name: str, command: Any) -> str:
    if commands := getattr(command, "commands", {}):
        parts = (_command(f"{name} {part}", each) for part, each in commands.items())
        return "".join([f"\n## {name}\n\n", *(f"{line}\n" for line in _prose(command.help)), *parts])
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    options = [parameter for parameter in command.params if parameter.param_type_name == "option"]
    program = "platform-new" if name == CREATE else f"platform-new {name}"
    usage = " ".join([program, *(_shown(argument) for argument in arguments), "[OPTIONS]"])
    rows = [f"| `{_shown(argument)}` | {_cell(argument.help)} |" for argument in arguments]
    rows += [f"| {_flags(option)} | {_cell(option.help)} |" for option in options if option.name != "help"]
    table = ["", "| | |", "| --- | --- |", *rows] if rows else []
    return "".join(
        f"{line}\n"
        for line in [
            "",
            f"{'###' if ' ' in name else '##'} {name}",
            "",
            f"`{usage}`",
            "",
            *_prose(command.help),
            *table,
        ]
    )


def _prose(text: str) -> Iterator[str]:
    """A command's help, with its examples in a block so that they are not wrapped."""
    for number, paragraph in enumerate(text.strip().split("\n\n")):
        if number:
            yield ""
        if paragraph.startswith("\b"):
            yield from ["```text", *(line.strip() for line in paragraph.splitlines()[1:]), "```"]
        else:
            yield " ".join(paragraph.split())


def _shown(argument: Any) -> str:
    return (argument.metavar or argument.name.upper()).replace("|", " or ")


def _flags(option: Any) -> str:
    metavar = f" {option.metavar}" if option.metavar else "" if option.is_flag else " PATH"
    return ", ".join(f"`{flag}{metavar}`" for flag in (*option.opts, *option.secondary_opts)).replace("|", " or ")


def _cell(text: str) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


if __name__ == "__main__":
    main()
