"""Error reports: every problem, on standard error, without passwords, in colour on a terminal."""

from __future__ import annotations

import os
import sys
import traceback as tracebacks
from collections.abc import Sequence

from platform_new import __version__
from platform_new.errors import PlatformNewError, Problem, Refused, counted

BOLD, RED, CYAN, PLAIN = "1", "31", "36", "0"


def report(error: PlatformNewError, arguments: Sequence[str] = ()) -> None:
    """Print every problem and, after a refusal, that nothing was written. Passwords in the arguments are masked."""
    lines = [in_words(problem, colour=has_colour(sys.stderr)) for problem in error.problems]
    if isinstance(error, Refused):
        lines.append(f"{counted(len(error.problems), 'problem')}; nothing was written.")
    print(without_passwords("\n".join(lines), arguments), file=sys.stderr)


def report_usage(error: Exception, arguments: Sequence[str] = ()) -> int:
    """Print what is wrong with the command line, and return the exit code."""
    command = getattr(getattr(error, "ctx", None), "command_path", "platform-new")
    message = error.format_message()
    # Without arguments, typer raises its help as an error.
    if type(error).__name__ != "NoArgsIsHelpError":
        problem = Problem(" ".join(message.split()).rstrip("."), f"see `{command} --help`")
        message = in_words(problem, colour=has_colour(sys.stderr))
    print(without_passwords(message, arguments), file=sys.stderr)
    return Refused.exit_code


def report_bug(error: Exception, arguments: Sequence[str], *, traceback: bool) -> None:
    """Print an unexpected error: in one line, or with its traceback."""
    if traceback:
        print(without_passwords("".join(tracebacks.format_exception(error)), arguments), file=sys.stderr)
    kind, message = type(error).__name__, str(error).strip().partition("\n")[0]
    print(without_passwords(f"platform-new {__version__} failed: {kind}: {message}", arguments), file=sys.stderr)
    if not traceback:
        print("This is a bug in platform-new. Run it again with --debug and report the output.", file=sys.stderr)


def in_words(problem: Problem, *, colour: bool) -> str:
    """A problem as text: one line for the reason, one for the hint."""
    if not colour:
        return str(problem)
    place = f"{problem.file}:{problem.line}" if problem.file and problem.line else problem.file
    start = f"{painted(place, BOLD)}: " if place else ""
    value = f" (`{problem.value}`)" if problem.value else ""
    hint = f"\n    {painted('→', CYAN)} {problem.hint}" if problem.hint else ""
    return f"{start}{painted(problem.reason, RED)}{value}{hint}"


def painted(text: str, colour: str) -> str:
    """The text in the colour of an SGR code."""
    return f"\033[{colour}m{text}\033[{PLAIN}m"


def has_colour(stream: object) -> bool:
    """Whether the stream is a terminal that accepts colour (no-color.org)."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return getattr(stream, "isatty", lambda: False)() and not plain


def without_passwords(text: str, arguments: Sequence[str] = ()) -> str:
    """The text with every password masked: those in arguments and environment, and anything that looks like one."""
    from platform_new.introspect.address import redact

    given = (*arguments, os.environ.get("PLATFORM_NEW_FROM", ""))
    return redact(text, *(each.partition("=")[2] if each.startswith("--") else each for each in given))
