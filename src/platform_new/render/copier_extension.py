"""Extends copier's Jinja environment with the planned files, and a function that renders a file.

The driver template in `template/driver/` has one path, which yields every planned file, and one content, which is that
file rendered from its own template. `render()` hands over the plan; if copier is called directly, the plan is made from
the answers and the built-in samples.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from types import CodeType
from typing import Any

from jinja2 import Environment, FileSystemLoader, Template, pass_context
from jinja2.bccache import Bucket, BytecodeCache
from jinja2.ext import Extension
from jinja2.runtime import Context

from platform_new.catalog import Catalog, load_catalog
from platform_new.catalog.cards import SUFFIX
from platform_new.errors import PlatformNewError
from platform_new.plan import Plan, PlannedFile, make_plan
from platform_new.render import avro, dbt, event_contract, json_schema, odcs, quoting, spark, spark_jobs
from platform_new.render.companions import companions
from platform_new.render.mistakes import mistake

SYNTAX = (
    "block_start_string",
    "block_end_string",
    "variable_start_string",
    "variable_end_string",
    "comment_start_string",
    "comment_end_string",
    "keep_trailing_newline",
    "lstrip_blocks",
    "trim_blocks",
    "undefined",
)
"""The options in `_envops` of copier.yml."""

_HANDED_OVER: ContextVar[tuple[Plan, Catalog, dict[str, str]] | None] = ContextVar("plan", default=None)


@contextlib.contextmanager
def handing_over(plan: Plan, catalog: Catalog) -> Iterator[dict[str, str]]:
    """Let copier render this plan within the block; yields the texts by path, filled while copier renders."""
    texts: dict[str, str] = {}
    token = _HANDED_OVER.set((plan, catalog, texts))
    try:
        yield texts
    finally:
        _HANDED_OVER.reset(token)


class PlanExtension(Extension):
    """Adds `planned_files()`, `rendered(file)`, `menu(axis)` and `default_choice(axis)`."""

    def __init__(self, environment: Environment):
        super().__init__(environment)
        self.plan, self.catalog, self.texts = _HANDED_OVER.get() or (None, load_catalog(), {})
        self.companions: dict[str, str] = {}
        self.templates = _trusted(environment, self.catalog)
        environment.globals.update(
            planned_files=self._planned_files,
            rendered=self._rendered,
            menu=self._menu,
            default_choice=self._default_choice,
        )
        _remember_compiled_paths(environment)

    @pass_context
    def _planned_files(self, context: Context) -> tuple[PlannedFile, ...]:
        if self.plan is None:
            self._make_plan(context)
        assert self.plan is not None
        return (*self.plan.files, *(PlannedFile(path, "", "the spec and its companions") for path in self.companions))

    def _rendered(self, file: PlannedFile) -> str:
        assert self.plan is not None
        if file.path in self.companions:
            return self.companions[file.path]
        text = self.texts[file.path] = render_file(self.templates, file, self.plan, self.catalog)
        return text

    def _make_plan(self, context: Context) -> None:
        """Plan the answers that copier asked for, with the built-in samples for them."""
        from platform_new.samples import sample_source, sample_text, samples_of
        from platform_new.spec.defaults import choices_of
        from platform_new.spec.models import Platform, Spec, by_content

        answers = {name: context[name] for name in Platform.model_fields if name in context}
        platform = Platform(**answers)
        chosen = (choice for axis in self.catalog.questions for choice in choices_of(platform, axis))
        texts_of_samples = {name: sample_text(name) for name in samples_of(chosen)}
        samples = [sample_source(name) for name in texts_of_samples]
        spec = Spec(platform=platform, **by_content(samples))
        self.plan = plan = make_plan(spec, self.catalog)
        texts = {file.path: render_file(self.templates, file, plan, self.catalog) for file in plan.files}
        self.companions = companions(texts, plan, spec, self.catalog, texts_of_samples)

    def _menu(self, axis: str) -> str:
        choices = self.catalog.axes[axis].choices.values()
        return "{" + ", ".join(f"{quoting.py(f'{c.label} - {c.summary}')}: {c.name}" for c in choices) + "}"

    def _default_choice(self, axis: str) -> str | list[str]:
        known = self.catalog.axes[axis]
        return list(known.default) if known.many else next(iter(known.default), "")


def render_file(environment: Environment, file: PlannedFile, plan: Plan, catalog: Catalog) -> str:
    """The text of a planned file: rendered if its template ends in `.jinja`, otherwise unchanged.

    Raises `PlatformNewError` with file and line if the template has a mistake.
    """
    folder = catalog.root / "template"
    if not file.template.endswith(SUFFIX):
        return (folder / file.template).read_text(encoding="utf-8")
    context = template_context(file, plan)
    try:
        return environment.get_template(file.template).render(context)
    except PlatformNewError:
        raise
    except Exception as error:
        raise mistake(error, file.template, folder, context, environment.filters) from error


def template_context(file: PlannedFile, plan: Plan) -> dict[str, Any]:
    """The variables of a template: the plan, the platform, the choices, and its entity under its singular name."""
    context: dict[str, Any] = {"plan": plan, "platform": plan.platform, "choices": plan.choices, "file": file}
    if file.entity is not None:
        singular, entity = file.entity
        context[singular] = entity
        if "source" in entity.bindings and singular != "source":
            named = (source for source in plan.sources if source.name == entity.bindings["source"])
            context["source"] = next(named, None)
    return context


def _trusted(environment: Environment, catalog: Catalog) -> Environment:
    """An environment like copier's for the project's own templates, with its filters.

    Copier's environment is sandboxed: it checks every attribute that a template reads, which costs a third of the time.
    """
    trusted = Environment(
        loader=FileSystemLoader(catalog.root / "template"),
        bytecode_cache=_COMPILED,
        **{name: getattr(environment, name) for name in SYNTAX},
    )
    for module in (quoting, dbt, odcs, spark, spark_jobs, json_schema, avro, event_contract):
        trusted.filters.update(module.FILTERS)
    return trusted


class _Compiled(BytecodeCache):
    """Caches compiled templates for the next repository that this process renders."""

    def __init__(self) -> None:
        self.code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Set the cached code, unless the template has changed."""
        bucket.code = self.code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Cache the code."""
        if bucket.code:
            self.code[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _Compiled()


def _remember_compiled_paths(environment: Environment) -> None:
    """Compile each path template once, since copier compiles it again for every file.

    Preprocessing a path resets the loop of copier's yield tag, so a cached path is still preprocessed.
    """
    compile_ = environment.from_string
    compiled: dict[Any, Template] = {}

    def from_string(source: Any, *arguments: Any, **options: Any) -> Template:
        if not isinstance(source, str) or arguments or options:
            return compile_(source, *arguments, **options)
        if source not in compiled:
            compiled[source] = compile_(source)
        environment.preprocess(source)
        return compiled[source]

    environment.from_string = from_string  # type: ignore[method-assign]
