"""The command group. A first argument that is not a command is the name of a new platform."""

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
    "new": "Create a platform (short form: `platform-new NAME`)",
    "update": "Update a repository to the current spec and templates; your edits are merged, never lost",
    "refresh": "Re-introspect live sources: show what changed and what it breaks, and update the spec on request",
    "add": "Add a source, table, topic or stream, and update",
    "set": "Change a choice or a key of platform.yml, and update",
    "rename": "Rename a source, table, mart, column, topic or stream, and update; your edits move with the files",
    "remove": "Remove a source, table, topic or stream, and update",
    "status": "Show the state of repositories: what is behind, edited, deleted or in conflict",
    "diff": "Show what your team changed in the generated files",
    "plan": "Show what would be generated, and why",
    "why": "Explain why a generated file exists and what it is generated from",
    "check": "Check that repositories match their spec and pass their own checks",
    "certify": "Run the sample on a stand-in of the production warehouse, and compare every mart",
    "choices": "List the available choices",
    "schema": "Print the JSON Schema of the spec files",
}
"""Each command with its help text. The module of its name has the function `command`, or subcommands in `app`."""
CREATE = "new"
STOPPED, TERMINATED = 130, 143
HELP = f"""\
Generate a data platform that runs green, from a few answers or a live database.

\b
platform-new acme                                   asks a few questions
platform-new acme --yes                             asks nothing; uses the built-in sample
platform-new acme --from postgresql://me@host/shop  introspects a database
platform-new acme --from ./exports                  introspects CSV, Parquet and JSON Lines
platform-new {CREATE} --help                             lists every flag
"""


class _Commands(TyperGroup):
    """Loads a command when it is called; an unknown first argument is the name of a new platform."""

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
                _refuse_misspelled(args[0])
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
    module = importlib.import_module(f"platform_new.cli.{name}")
    if hasattr(module, "app"):
        return typer.main.get_command(module.app)
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name, short_help=COMMANDS[name], no_args_is_help=False)(module.command)
    return typer.main.get_command(app)


def _refuse_misspelled(name: str) -> None:
    """Refuse a misspelled command, which would otherwise create a platform with that name."""
    near = difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.8)
    if near:
        run, create = f"`platform-new {near[0]}`", f"`platform-new {CREATE} {name}`"
        hint = f"to run the command: {run}; to create a platform with this name: {create}"
        raise Refused(Problem("this looks like a misspelled command", hint, value=name))


app = typer.Typer(cls=_Commands, rich_markup_mode=None, no_args_is_help=True)


@app.callback(help=HELP)
def options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an internal error. Works with any command.")
    ] = False,
) -> None:
    # `main` handles a lone `--version`, and `run` strips `--debug`: both are declared here so that `--help` lists them.
    if version:
        print(f"platform-new {__version__}")
        raise typer.Exit


def run(arguments: list[str]) -> int:
    """Run a command and return its exit code. Errors are reported here and nowhere else."""
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
        # The reader has closed the pipe. Without this, Python would report the error again at exit.
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
    """Make SIGTERM unwind the stack as Ctrl-C does, so that temporary folders are removed."""

    def end(*_: Any) -> None:
        sys.exit(TERMINATED)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
