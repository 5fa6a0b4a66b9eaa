"""From answers to a spec: introspect the named sources, and validate the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from platform_new.answers.questions import NONE, Start
from platform_new.answers.resolve import Answer, Answers
from platform_new.catalog import Catalog
from platform_new.documents.document import Document
from platform_new.errors import Problem, Refused
from platform_new.spec.base import AnySource
from platform_new.spec.load import make_spec, source_in
from platform_new.spec.models import Platform, Source, Spec


@dataclass(frozen=True)
class AnsweredSpec:
    """A valid spec, and the texts of source files that contain more than the spec: comments with reasons.

    `variables` are the variables to set to the addresses of the introspected sources, and `notices` say what
    introspection left out.
    """

    spec: Spec
    texts: Mapping[str, str] = field(default_factory=dict)
    variables: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


def answered_spec(answers: Answers, catalog: Catalog, progress: Callable[[str], None] = lambda _: None) -> AnsweredSpec:
    """The spec that the answers describe. Databases and folders are introspected, and only read.

    Raises `Refused` with every problem: of the answers, of the introspected sources, and of the spec.
    """
    start = _start(answers)
    sources = [source_in(document) for document in answers.sources]
    problems, texts, seen, notices = list(answers.problems), {}, [], []
    if "name" not in answers.given:
        problems.append(Problem("the platform needs a name", "platform-new NAME", "NAME"))
        answers.given["name"] = Answer("unnamed", "NAME")
    for document in answers.sources:
        if not isinstance(document.data, dict):
            problems.append(document.problem((), "a source has to consist of keys and values", "write `name: …`"))
    if start and start.source_name and len(start.from_) > 1:
        hint = "pass one --from, and add the other sources later"
        reason = "several sources cannot share a name"
        problems.append(Problem(reason, hint, "--source-name", value=start.source_name))
    for address in start.from_ if start else ():
        try:
            source, text, left_out = _introspect(address, start, progress)
        except Refused as refusal:
            problems += refusal.problems
            continue
        sources.append((source, Document(f"sources/{source.name}.yml")))
        texts[source.name] = text
        seen.append(source)
        notices += (f"{source.name}: {notice}" for notice in left_out)
    for sample in _samples(start, answers, catalog) if start else ():
        try:
            source, texts[sample] = _take_sample(sample)
            sources.append((source, Document(f"sources/{sample}.yml")))
        except Refused as refusal:
            problems += (Problem(each.reason, each.hint, "--sample", value=each.value) for each in refusal.problems)
    try:
        spec = make_spec(answers.document(Platform), sources, catalog)
    except Refused as refusal:
        problems += refusal.problems
    if problems:
        raise Refused(dict.fromkeys(problems))
    return AnsweredSpec(spec, texts, tuple(source.variable for source in seen), tuple(notices))


def _start(answers: Answers) -> Start | None:
    from platform_new.spec.invalid import validate

    document = answers.document(Start)
    start = validate(Start, document)
    answers.problems += document.problems
    return start


def _samples(start: Start, answers: Answers, catalog: Catalog) -> tuple[str, ...]:
    """The requested sample; without any source, the samples that suit the choices, or the default sample."""
    if start.sample:
        return () if start.sample == NONE else (start.sample,)
    if start.from_ or answers.sources:
        return ()
    from platform_new.samples import samples_of

    given = [(axis, answers.value(axis.name)) for axis in catalog.questions]
    names = ((axis, name) for axis, value in given for name in (value if isinstance(value, list) else [value]))
    return samples_of(axis.choices[name] for axis, name in names if isinstance(name, str) and name in axis.choices)


def _introspect(address: str, start: Start, progress: Callable[[str], None]) -> tuple[AnySource, str, tuple[str, ...]]:
    from platform_new.introspect import introspect
    from platform_new.introspect.address import expanded
    from platform_new.spec.write import source_yaml

    # In a spec file or a variable, no shell has expanded `~`.
    address = expanded(address)
    found = introspect(address, name=start.source_name, schemas=start.schema_, views=start.views, progress=progress)
    return found.source, source_yaml(found.source, found.reasons), found.notices


def _take_sample(name: str) -> tuple[Source, str]:
    from platform_new.samples import sample_source, sample_text

    return sample_source(name), sample_text(name)
