"""The filters that templates quote with: a text from a spec is untrusted until one of them has quoted it."""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from csv import writer
from typing import Any

PLAIN_YAML = re.compile(r"[A-Za-z_/][A-Za-z0-9_./ ()%'-]*")
YAML_WORDS = frozenset("y n yes no on off true false null none ~".split())
UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]")
CONTROLS = re.compile(f"[\x00-\x1f{UNPRINTABLE.pattern[1:]}")
JINJA = re.compile(
    r"\A\s*(?:env_var|ref|var|source|doc)(?=\s*\()"
    r"|[{}%#\r]*(?:\{[{%#]|\r)[{}%#\r]*"
    r"|[{}%#\r]*\n\Z"
)
"""Text that Jinja would interpret or change: a call in a test's argument, which dbt evaluates, a delimiter with its
adjacent braces, or a line end that is normalised or dropped."""
MD_MARKS = re.compile(r"[\\`*_\[\]<>|]|~(?=~)|&(?=#?\w+;)")
MD_BLOCK = re.compile(r"\A(\d{1,9}(?=[.)](?:\s|\Z))|(?=(?:#{1,6}|[+-])(?:\s|\Z)|--|=+\Z|~~~))")

DBT_NAMES = frozenset(
    """
    adapter api column config context database env env_var exceptions execute flags fromjson fromyaml graph
    invocation_id load_agate_table load_result log model modules post_hooks pre_hooks ref render return run_started_at
    schema source sql sql_now store_result store_raw_result target this tojson toyaml try_or_compiler_error var write
    """.split()
)
"""Names that dbt refuses for a project because they are in its context, besides the names of its own packages."""


LIQUID = re.compile(r"\{(?=[{%])")


def yaml(value: Any) -> str:
    """A YAML scalar or flow list: plain if that is safe, otherwise double-quoted (JSON strings are YAML)."""
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return f"{'-' if value < 0 else ''}.{'nan' if math.isnan(value) else 'inf'}"
        return repr(value) if "." in repr(value) else repr(value).replace("e", ".0e")
    if isinstance(value, int):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(yaml(item) if not _ends_flow(item) else _quoted(item) for item in value)}]"
    text = str(value)
    plain = (
        PLAIN_YAML.fullmatch(text)
        and text.lower() not in YAML_WORDS
        and text == text.strip()
        and not text.endswith("'")
    )
    return text if plain else _quoted(text)


def _ends_flow(value: Any) -> bool:
    return isinstance(value, str) and bool(set(value) & set(",[]{}"))


def _quoted(text: str) -> str:
    return UNPRINTABLE.sub(lambda mark: f"\\u{ord(mark[0]):04x}", json.dumps(text, ensure_ascii=False))


def dbt_yaml(value: Any) -> str:
    """The same for a value that dbt renders with Jinja, so that the result equals the value."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(dbt_yaml(item) if not _ends_flow(item) else _quoted(literal(item)) for item in value)}]"
    return yaml(literal(value) if isinstance(value, str) else value)


def literal(text: str, quote: str = "'") -> str:
    """The text inside a Jinja template: text that Jinja would interpret or change becomes an expression for it."""

    def expression(match: re.Match[str]) -> str:
        return f"{{{{ {quote}{match[0]}{quote} }}}}".replace("\r", "\\r").replace("\n", "\\n")

    return JINJA.sub(expression, text)


def py(value: Any) -> str:
    """A Python literal as ruff would format it: strings in double quotes unless single quotes save escapes."""
    if isinstance(value, str):
        double = _quoted(value)
        if value.count('"') <= value.count("'"):
            return double
        inner = double[1:-1].replace('\\"', '"').replace("'", "\\'")
        return f"'{inner}'"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(py(item) for item in value)}]"
    return repr(value)


def toml(value: Any) -> str:
    """A TOML basic string; its escapes are those of JSON."""
    return _quoted(str(value))


def sql_text(value: Any) -> str:
    """An SQL string literal inside a dbt model: its quotes are doubled, and Jinja does not change it."""
    return "'" + literal(str(value).replace("'", "''"), '"') + "'"


def one_line(value: Any) -> str:
    """The text on one line: runs of white space become a space, and unprintable characters are removed."""
    printable = CONTROLS.sub(lambda mark: " " if mark[0].isspace() else "", str(value))
    return " ".join(printable.split())


def docstring(value: Any) -> str:
    """The text on one line of a Python docstring, without escapes and without the docstring's end."""
    return one_line(value).replace("\\", "\\\\").replace('"""', "'''")


def md(value: Any) -> str:
    """One line of Markdown that shows the text literally."""
    return MD_BLOCK.sub(r"\1\\", MD_MARKS.sub(r"\\\g<0>", one_line(value)))


def code(value: Any) -> str:
    """A name as code in one line of Markdown, or as text if the name contains a character that ends code."""
    text = one_line(value)
    return md(text) if not text or set(text) & set("`|") else f"`{text}`"


def csv(values: Iterable[Any]) -> str:
    """One line of a CSV file (RFC 4180), without its end."""
    text = io.StringIO()
    writer(text, lineterminator="").writerow(values)
    return text.getvalue()


def snake(value: str) -> str:
    """`acme-platform` as `acme_platform`."""
    return value.replace("-", "_")


def dbt_project(value: str) -> str:
    """The platform's name as a valid name of a dbt project."""
    name = snake(value)
    clashes = name in DBT_NAMES or name in YAML_WORDS or name.split("_")[0] == "dbt"
    return f"{name}_platform" if clashes else name


def distribution(value: str, requirements: Mapping[str, Iterable[str]]) -> str:
    """The platform's name as the name of a Python project, distinct from the packages that it requires."""
    packages = {
        re.split(r"[^\w.-]", package, maxsplit=1)[0].lower() for group in requirements.values() for package in group
    }
    return f"{value}-platform" if value.replace("_", "-") in packages else value


def lookml(value: Any) -> str:
    """A LookML string on one line, in which Looker finds neither an end nor Liquid."""
    text = one_line(str(value)).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{LIQUID.sub("{ ", text)}"'


def title_case(value: str) -> str:
    """`acme-platform` as `Acme platform`."""
    words = value.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


FILTERS: dict[str, Callable[..., str]] = {
    function.__name__: function
    for function in (
        yaml,
        dbt_yaml,
        toml,
        py,
        sql_text,
        one_line,
        docstring,
        md,
        code,
        csv,
        snake,
        dbt_project,
        distribution,
        title_case,
        lookml,
    )
}
