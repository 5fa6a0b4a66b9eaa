"""dbt's Jinja without dbt: parses and renders models in milliseconds, with stand-ins for dbt's macros."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Environment, StrictUndefined, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

TYPES = {"string": "varchar", "int": "integer"}


class Blocks(Extension):
    """dbt's tags `{% test %}` and `{% materialization %}`, which define a macro with a prefixed name."""

    tags = frozenset({"test", "materialization"})

    def parse(self, parser: Parser) -> nodes.Macro:
        """Parse the tag and its body."""
        tag = next(parser.stream)
        macro = nodes.Macro(lineno=tag.lineno)
        macro.name = f"{tag.value}_" + parser.parse_assign_target(name_only=True).name
        if tag.value == "test":
            parser.parse_signature(macro)
        else:
            parser.stream.expect("comma")
            parser.stream.expect("name:default")
            macro.args, macro.defaults = [], []
        macro.body = parser.parse_statements((f"name:end{tag.value}",), drop_needle=True)
        return macro


class Macros:
    """`dbt.…` or `adapter.…`: each macro of dbt renders as a call of its name, or as a type."""

    def __init__(self, **own: Callable[..., Any]):
        self._own = own

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name in self._own:
            return self._own[name]
        if name.startswith("type_"):
            base = name.removeprefix("type_")
            return lambda: TYPES.get(base, base)
        return lambda *arguments: f"{name}({', '.join(map(str, arguments))})"


class Project:
    """The macros and models of a dbt project; records the models and source tables that are referenced."""

    def __init__(self, texts: Mapping[str, str], adapter: str = "duckdb", variables: Mapping[str, str] = {}):
        self.variables = variables
        self.refs: set[str] = set()
        self.sources: set[tuple[str, str]] = set()
        self.environment = Environment(extensions=["jinja2.ext.do", Blocks], undefined=StrictUndefined)
        self.environment.globals |= self._globals(adapter)
        for path, text in texts.items():
            if path.startswith("transform/macros/") and path.endswith(".sql"):
                self.environment.globals |= self._macros(text)

    def rendered(self, text: str, *, incremental: bool = False) -> str:
        """A model, test or property as dbt would render it."""
        return self.environment.from_string(text, {"is_incremental": lambda: incremental}).render()

    def _macros(self, text: str) -> dict[str, Any]:
        module = self.environment.from_string(text).module
        return {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}

    def _globals(self, adapter: str) -> dict[str, Any]:
        def dispatch(name: str, *_: Any) -> Any:
            known = self.environment.globals
            return known.get(f"{adapter}__{name}") or known[f"default__{name}"]

        def ref(name: str) -> str:
            self.refs.add(name)
            return name

        def source(name: str, table: str) -> str:
            self.sources.add((name, table))
            return f'raw_{name}."{table}"'

        return {
            "ref": ref,
            "source": source,
            "config": lambda **_: "",
            "return": lambda value: value,
            "var": lambda name, default="2020-01-01": self.variables.get(name, default),
            "env_var": lambda name, default="": default,
            "this": "this_model",
            "target": {"schema": "main", "type": adapter},
            "none": None,
            "is_incremental": lambda: False,
            "model": {"columns": {}},
            "adapter": Macros(dispatch=dispatch, get_columns_in_relation=lambda _: [], quote=lambda name: f'"{name}"'),
            "dbt": Macros(
                concat=lambda parts: " || ".join(parts),
                date_trunc=lambda part, column: f"date_trunc('{part}', {column})",
                dateadd=lambda part, number, column: f"{column} + interval ({number}) {part}",
                datediff=lambda first, second, part: f"date_diff('{part}', {first}, {second})",
                last_day=lambda column, part: f"last_day({column})",
                hash=lambda column: f"md5({column})",
            ),
        }
