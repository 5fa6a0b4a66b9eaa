"""The group of commands. A first word that is no command is the name of a new platform."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import signal
import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from platform_new import __version__
from platform_new.cli.report import report, report_bug, report_usage
from platform_new.errors import PlatformNewError, Problem, Refused

COMMANDS = {
    "new": "Create a platform (`platform-new NAME` is short for it)",
    "update": "Bring a repository to today's spec and templates; edits are merged, never lost",
    "refresh": "Look at the live sources again: what has changed there, what that breaks; have the spec follow",
    "add": "Add a source, a table or topic of one, or a stream, and update",
    "set": "Make another choice, or change a key of platform.yml, and update",
    "rename": "Give a source, table, mart, column, topic or stream another name, and update; edits move along",
    "remove": "Take a source, a table, a topic or a stream out, and update",
    "status": "Say how repositories stand: what is behind, edited, deleted, in conflict",
    "diff": "Show what the team changed against the generated text",
    "plan": "Show what would be generated, and why",
    "why": "Say why a generated file is there, and what it is made from",
    "check": "Say whether a repository keeps its promises",
    "choices": "List what can be chosen",
    "schema": "Print the JSON Schema of the spec's files",
}
"""Each command with its help; its function is `command` in the module of its name."""
CREATE = "new"
STOPPED, TERMINATED = 130, 143
HELP = f"""\
From a few answers, or a look at a live database, to a data platform that runs green.

\b
platform-new acme                                   asks a few questions
platform-new acme --yes                             asks nothing: the built-in sample
platform-new acme --from postgresql://me@host/shop  looks at a database
platform-new acme --from ./exports                  looks at CSV, Parquet, JSON lines
platform-new {CREATE} --help                             lists every flag
"""


class _Commands(TyperGroup):
    """Loads a command when it is called, and takes a first word that is none for the name of a platform."""

    def list_commands(self, ctx: typer.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in self.commands:
            self.commands[cmd_name] = _load(cmd_name)
        return self.commands[cmd_name]

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:
        own = {option for parameter in self.get_params(ctx) for option in parameter.opts}
        if args and args[0] not in COMMANDS and args[0].partition("=")[0] not in own:
            if not ctx.resilient_parsing:
                _refuse_misspelt(args[0])
            args = [CREATE, *args]
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: typer.Context, incomplete: str) -> list[Any]:
        found = super().shell_complete(ctx, incomplete)
        for item in found:
            item.help = COMMANDS.get(item.value, item.help)
        return found


def _load(name: str) -> Any:
    function = importlib.import_module(f"platform_new.cli.{name}").command
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name, short_help=COMMANDS[name], no_args_is_help=False)(function)
    return typer.main.get_command(app)


def _refuse_misspelt(word: str) -> None:
    """A near miss of a command would otherwise create a platform of that name."""
    near = difflib.get_close_matches(word, COMMANDS, n=1, cutoff=0.8)
    if near:
        hint = f"for the command: `platform-new {near[0]}`; for a platform of this name: `platform-new {CREATE} {word}`"
        raise Refused(Problem("this is nearly a command", hint, value=word))


app = typer.Typer(cls=_Commands, rich_markup_mode=None, no_args_is_help=True)


@app.callback(help=HELP)
def options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of a fault, after any command.")] = False,
) -> None:
    # `--version` alone never comes here, and `--debug` is taken out before: both are options for the sake of `--help`.
    if version:
        print(f"platform-new {__version__}")
        raise typer.Exit


def run(arguments: list[str]) -> int:
    """Run a command and return its exit code. What goes wrong is reported here, and nowhere else."""
    debug = "--debug" in arguments
    command = typer.main.get_command(app)
    try:
        with _ending_on_sigterm():
            arguments = [argument for argument in arguments if argument != "--debug"]
            code = command.main(args=arguments, prog_name="platform-new", standalone_mode=False) or 0
    except PlatformNewError as error:
        report(error, arguments)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        code = STOPPED
    except BrokenPipeError:
        # Whoever reads has seen enough; without this, Python would complain again at its exit.
        sys.stdout = None
        return 1
    except Exception as error:
        if hasattr(error, "format_message"):
            return report_usage(error, arguments)
        report_bug(error, arguments, traceback=debug)
        return 1
    if code == STOPPED:
        print("\nStopped.", file=sys.stderr)
    return code


@contextlib.contextmanager
def _ending_on_sigterm() -> Iterator[None]:
    """Let a termination unwind like Ctrl-C does, so that temporary folders are removed."""

    def end(*_: Any) -> None:
        sys.exit(TERMINATED)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
